"use strict";
// Draws every chart that is shown in the colours of its theme, again when the theme, the window or the page changes, and on paper.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // A sheet of A4 is 688 pixels wide between its margins, and is told before it is laid out.
  const paper = { all: 688, half: 318, most: 373, rest: 263 };

  const colours = (printing) => {
    const probe = document.createElement("div");
    if (printing) probe.className = "on-paper";
    document.body.append(probe);
    const style = getComputedStyle(probe);
    const tones = new Proxy({}, { get: (_, tone) => style.getPropertyValue(`--${tone}`).trim() });
    return { tones, done: () => probe.remove() };
  };

  const length = (text) => text.replace(/<br>.*/, "").length;

  // As many ticks as there is room for; names that would take the width of lying bars stand above them.
  const fitted = ({ data, layout }, width) => {
    const { xaxis, yaxis } = layout;
    const nticks = xaxis?.nticks && Math.max(3, Math.min(xaxis.nticks, Math.floor(width / 64)));
    const names = yaxis?.type === "category" ? yaxis.categoryarray ?? [] : [];
    const above = 7.5 * Math.max(0, ...names.map(length)) > width / 2;
    const height = (above ? 60 + 38 * names.length : layout.height ?? 450) + 19 * (legendRows(data, layout, width) - 1);
    return {
      ...layout,
      height,
      ...(above ? { bargap: 0.6 } : {}),
      xaxis: { ...xaxis, ...(nticks ? { nticks } : {}) },
      yaxis: { ...yaxis, ...(above ? { ticklabelposition: "inside", ticklabelshift: 16, ticklabelstandoff: 0 } : {}) },
    };
  };

  // As plotly lays them: in a row, else in columns as wide as the widest.
  const legendRows = (data, layout, width) => {
    const widths = data.filter(({ name, showlegend }) => name && showlegend !== false).map(({ name }) => 46 + 7 * length(name));
    const inRow = widths.reduce((sum, each) => sum + each, 0) <= width - 40;
    return layout.showlegend === false || inRow ? 1 : Math.ceil(widths.length / Math.max(1, Math.floor((width - 40) / Math.max(...widths))));
  };

  // A printer makes a picture of a pattern: on paper what is hatched is hollow.
  const hollow = (trace, tones) => {
    if (trace.marker?.pattern?.shape) {
      return { ...trace, marker: { ...trace.marker, color: tones.paper, pattern: {}, line: { color: trace.marker.color, width: 1.2 } } };
    }
    if (!trace.fillpattern?.shape) return trace;
    return { ...trace, fillcolor: tones.paper, fillpattern: {}, line: { ...trace.line, width: 1.2 } };
  };

  // What is stacked is told apart by a gap, where bars are wide enough for one.
  const gapped = (trace, width) => trace.type === "bar" && !trace.marker.line && (trace.orientation === "h" || width > 9 * trace.x.length);

  const toned = (trace, tones, width) => {
    const tone = trace.meta && tones[trace.meta.tone];
    if (!tone) return trace;
    const copy = { ...trace, marker: { ...trace.marker, color: tone }, textfont: { color: tones.ink } };
    if (gapped(trace, width)) copy.marker.line = { color: tones.paper, width: 1 };
    if (trace.line) copy.line = { ...trace.line, color: tone };
    if (trace.stackgroup) copy.fillcolor = tone;
    for (const error of ["error_x", "error_y"]) {
      if (trace[error]) copy[error] = { ...trace[error], color: tones["state-1"] };
    }
    return copy;
  };

  const ruled = ({ line, ...shape }, tones) => ({ ...shape, line: { ...line, color: line?.dash ? tones.muted : tones.ink } });

  const laid = (layout, tones, width, printing, size = printing || width < 400 ? 11 : 13) => ({
    ...layout,
    width: Math.min(width, layout.width ?? width),
    height: (printing ? 0.85 : 1) * layout.height,
    font: { color: tones.ink, size },
    xaxis: { ...layout.xaxis, gridcolor: tones.line, tickfont: { color: tones.muted }, title: { ...layout.xaxis?.title, font: { size } } },
    yaxis: { ...layout.yaxis, gridcolor: tones.line, tickfont: { color: tones.ink } },
    shapes: layout.shapes?.map((shape) => ruled(shape, tones)),
    hoverlabel: { bgcolor: tones.wash, bordercolor: tones.line, font: { color: tones.ink } },
  });

  const charts = [...document.querySelectorAll(".chart")].map((place) => ({
    place,
    figure: JSON.parse(place.querySelector("script").textContent),
    drawing: place.querySelector(".drawing"),
    share: ["half", "most", "rest"].find((name) => place.closest(".shown").classList.contains(name)) ?? "all",
  }));

  const draw = (printing = false) => {
    const { tones, done } = colours(printing);
    for (const { figure, drawing, share } of charts.filter(({ place }) => place.offsetParent)) {
      const width = printing ? paper[share] : drawing.clientWidth;
      const traces = figure.data.map((trace) => toned(trace, tones, width));
      const layout = laid(fitted(figure, width), tones, width, printing);
      Plotly.newPlot(drawing, printing ? traces.map((trace) => hollow(trace, tones)) : traces, layout, { displayModeBar: false });
    }
    done();
  };

  draw();
  dark.addEventListener("change", () => draw());
  let resized;
  addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => draw(), 100); });
  addEventListener("hashchange", () => draw());
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw());
})();
