"use strict";
// Draws every chart of the page in the colours of its theme, again when the theme changes, and on paper.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paper = { width: 690 };

  const colours = (printing) => {
    const probe = document.createElement("div");
    if (printing) probe.className = "on-paper";
    document.body.append(probe);
    const style = getComputedStyle(probe);
    const tones = new Proxy({}, { get: (_, tone) => style.getPropertyValue(`--${tone}`).trim() });
    return { tones, done: () => probe.remove() };
  };

  const toned = (trace, tones) => {
    const tone = trace.meta && tones[trace.meta.tone];
    if (!tone) return trace;
    const copy = { ...trace, marker: { ...trace.marker, color: tone }, textfont: { color: tones.ink } };
    if (trace.line) copy.line = { ...trace.line, color: tone };
    if (trace.stackgroup) copy.fillcolor = tone;
    if (trace.error_y) copy.error_y = { ...trace.error_y, color: tones["state-2"] };
    return copy;
  };

  const laid = (layout, tones, printing) => ({
    ...layout,
    width: printing ? Math.min(paper.width, layout.width || paper.width) : layout.width,
    font: { color: tones.ink },
    xaxis: { ...layout.xaxis, gridcolor: tones.line, tickfont: { color: tones.muted } },
    yaxis: { ...layout.yaxis, gridcolor: tones.line, tickfont: { color: tones.ink } },
    hoverlabel: { bgcolor: tones.wash, bordercolor: tones.line, font: { color: tones.ink } },
  });

  const charts = [...document.querySelectorAll(".chart")].map((place) => ({
    place,
    figure: JSON.parse(place.querySelector("script").textContent),
    drawing: place.querySelector(".drawing"),
  }));

  const draw = (printing = false) => {
    const { tones, done } = colours(printing);
    for (const { figure, drawing } of charts) {
      Plotly.react(drawing, figure.data.map((trace) => toned(trace, tones)), laid(figure.layout, tones, printing),
        { displayModeBar: false, responsive: true });
    }
    done();
  };

  draw();
  dark.addEventListener("change", () => draw());
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw());
})();
