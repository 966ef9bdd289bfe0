"use strict";
// Shows the page that the address names, and all of them on paper. Comes before page.js, which draws what is shown.
(() => {
  const pages = [...document.querySelectorAll("main")];
  const links = [...document.querySelectorAll("nav a")];

  const named = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));

  const show = () => {
    const shown = named()?.closest("main") ?? pages[0];
    for (const page of pages) page.hidden = page !== shown;
    for (const link of links) {
      if (link.hash === `#${shown.id}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.querySelector(".skip").setAttribute("href", `#${shown.id}`);
  };

  // Charts that are drawn move what is below them, so the place is sought afterwards.
  const seek = () => requestAnimationFrame(() => {
    const place = named();
    if (place && !pages.includes(place)) place.scrollIntoView();
    else scrollTo(0, 0);
  });

  show();
  addEventListener("load", () => { if (location.hash) seek(); });
  addEventListener("hashchange", () => { show(); seek(); });
  addEventListener("beforeprint", () => pages.forEach((page) => { page.hidden = false; }));
  addEventListener("afterprint", show);
})();
