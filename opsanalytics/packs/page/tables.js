"use strict";
// Every table is sorted by a press on a head, and a long one is searched. Without a script a table stands as it was written.
(() => {
  const LONG = 12;
  const MISSING = new Set(["", "–", "not known"]);
  const MINUTES = { s: 1 / 60, min: 1, h: 60, d: 1440 };
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const said = (cell) => cell?.textContent.trim() ?? "";

  // What a cell is sorted by: each gives a number for what it can read, and undefined for all else.
  const readers = [
    (text) => /^\d{1,2} [A-Z][a-z]{2} \d{4}( \d\d:\d\d)?$/.test(text) ? Date.parse(`${text} UTC`) : undefined,
    (text) => /^[A-Z][a-z]{2} \d{4}$/.test(text) ? Date.parse(`1 ${text} UTC`) : undefined,
    (text) => { const [, quarter, year] = /^Q([1-4]) (\d{4})$/.exec(text) ?? []; return year && year * 4 + +quarter; },
    (text) => /^\d+ (s|min|h|d)( \d+ (min|h))?$/.test(text)
      ? [...text.matchAll(/(\d+) (\w+)/g)].reduce((sum, [, size, unit]) => sum + size * MINUTES[unit], 0) : undefined,
    (text) => { const [, number] = /^(?:[▲▼◆■] )?(-?\d[\d,]*(?:\.\d+)?)(?= |$)/.exec(text) ?? []; return number && +number.replaceAll(",", ""); },
  ];

  const column = (rows, place) => {
    const texts = rows.map((row) => said(row.cells[place]));
    const known = texts.filter((text) => !MISSING.has(text));
    const reader = readers.find((read) => known.every((text) => read(text) !== undefined)) ?? ((text) => text);
    return new Map(rows.map((row, i) => [row, MISSING.has(texts[i]) ? undefined : reader(texts[i])]));
  };

  // What is not known comes last, whichever way.
  const order = (keys, sign) => (one, other) => {
    const [a, b] = [keys.get(one), keys.get(other)];
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return sign * (typeof a === "number" ? a - b : words.compare(a, b));
  };

  const sortable = (table, rows) => {
    const heads = [...table.tHead.rows[0].cells];
    const sort = (head, place) => {
      const next = { "": "ascending", ascending: "descending" }[head.getAttribute("aria-sort") ?? ""];
      for (const each of heads) each.removeAttribute("aria-sort");
      if (next) head.setAttribute("aria-sort", next);
      table.tBodies[0].append(...(next ? [...rows].sort(order(column(rows, place), next === "ascending" ? 1 : -1)) : rows));
    };
    heads.forEach((head, place) => {
      if (!said(head)) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "ops-sort";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, place));
      head.append(button);
    });
  };

  const searchable = (table, rows) => {
    const bar = document.createElement("p"), label = document.createElement("label");
    const input = document.createElement("input"), count = document.createElement("span");
    bar.className = "ops-search";
    input.type = "search";
    count.setAttribute("role", "status");
    label.append("Search ", input);
    bar.append(label, " ", count);
    input.addEventListener("input", () => {
      const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) row.hidden = !asked.every((word) => row.textContent.toLowerCase().includes(word));
      count.textContent = asked.length ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows` : "";
    });
    (table.closest(".ops-scroll") ?? table).before(bar);
  };

  for (const table of document.querySelectorAll(".ops-table")) {
    const rows = [...table.tBodies[0].rows];
    if (rows.length > 1) sortable(table, rows);
    if (rows.length > LONG) searchable(table, rows);
  }
})();
