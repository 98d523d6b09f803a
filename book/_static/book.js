document.addEventListener("DOMContentLoaded", () => {
  // in a table among the outputs, columns of numbers stand to the right and all others to the left
  const isNumber = text => /^[-+−±]?[\d.,]*\d([eE][-+−]?\d+)?( ?[%±].*)?$|^nan$|^inf$/i.test(text), isBlank = text => /^[-–—]?$/.test(text);
  for (const table of document.querySelectorAll(".cell_output table")) {
    const columns = new Map(), place = cell => cell.parentElement.cells.length - cell.cellIndex;
    // counted from the right, since a row may lack cells of an index that spans several
    for (const cell of table.querySelectorAll("tbody td")) columns.set(place(cell), [...columns.get(place(cell)) ?? [], cell.textContent.trim()]);
    for (const cell of table.querySelectorAll("th, td")) {
      const texts = columns.get(place(cell));
      if (cell.colSpan === 1 && texts && !(texts.some(isNumber) && texts.every(text => isNumber(text) || isBlank(text)))) cell.classList.add("words");
    }
  }

  // what is wider than its place: on which side there is more, for book.css to show; and it can be scrolled by keys, while
  // it is no stop on the way of the Tab key where it does not scroll
  const look = box => {
    const hidden = box.scrollWidth - box.clientWidth, more = [];
    if (box.scrollLeft > 1) more.push("left");
    if (box.scrollLeft < hidden - 1) more.push("right");
    if (more.length) box.dataset.more = more.join(" "); else delete box.dataset.more;
    if (hidden > 1) box.tabIndex = 0; else box.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver(entries => entries.forEach(entry => look(entry.target)));
  const watch = places => document.querySelectorAll(places).forEach(box => {
    sizes.observe(box);
    box.addEventListener("scroll", () => look(box), { passive: true });
  });
  watch(".cell_output .text_html, figure:has(table), .pst-scrollable-table-container");
  addEventListener("load", () => window.MathJax?.startup?.promise.then(() => watch("div.math mjx-container")));

  // what the search shows of a page is its text, not the code of its cells
  if (typeof Search !== "undefined") {
    const plain = Search.htmlToText;
    Search.htmlToText = (html, anchor) => {
      const page = new DOMParser().parseFromString(html, "text/html");
      page.querySelectorAll(".cell_input, .explorer, details.hide > summary").forEach(part => part.remove());
      return plain(page.documentElement.outerHTML, anchor);
    };
  }
});
