document.addEventListener("DOMContentLoaded", () => {
  // in a table among the outputs, columns of numbers stand to the right and all others to the left
  const isNumber = text => /^([<>] ?)?[-+−±]?[\d.,\u202f]*\d([eE][-+−]?\d+|×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?( ?%| ?± ?[\d.,\u202f]+( ?%)?)?$|^nan$|^inf$/i.test(text), isBlank = text => /^[-–—]?$/.test(text);
  for (const table of document.querySelectorAll(".cell_output table, figure table")) {
    const columns = new Map(), place = cell => cell.parentElement.cells.length - cell.cellIndex;
    // counted from the right, since a row may lack cells of an index that spans several
    for (const cell of table.querySelectorAll("tbody td")) columns.set(place(cell), [...columns.get(place(cell)) ?? [], cell.textContent.trim()]);
    for (const cell of table.querySelectorAll("th, td")) {
      const texts = columns.get(place(cell));
      if (cell.colSpan === 1 && texts && !(texts.some(isNumber) && texts.every(text => isNumber(text) || isBlank(text)))) cell.classList.add("words");
    }
  }

  // the names of an index, above the names of the rows, stand as these do
  for (const table of document.querySelectorAll(".cell_output table, figure table")) {
    const names = Math.max(0, ...[...table.querySelectorAll("tbody tr")].map(row => row.querySelectorAll("th").length));
    for (const row of table.querySelectorAll("thead tr")) {
      let place = 0;
      for (const cell of row.cells) { if (place < names) cell.classList.add("words"); place += cell.colSpan; }
    }
  }

  // what is one name, range or number with its error is not broken within: NN1-I4δE, d = 2–10, MeV/fm, 1.96 ± 0.20
  const whole = /[\d.]+ ± [\d.]+|d [=>≥] [\d–]+|[^\s,]{1,24}[-–/](?=\S*[\dA-Zℰ]|fm)[^\s,]{1,24}/;
  for (const cell of document.querySelectorAll("main :is(td, th)")) {
    if (cell.closest(".explorer")) continue;
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), all = [];
    while (texts.nextNode()) if (!texts.currentNode.parentElement.closest("code, .math, mjx-container")) all.push(texts.currentNode);
    for (let text of all) for (let found; (found = whole.exec(text.data));) {
      const part = text.splitText(found.index), span = document.createElement("span");
      text = part.splitText(found[0].length);
      span.className = "whole";
      part.replaceWith(span);
      span.append(part);
    }
  }

  // on a phone the parameters of a chapter, and its claims and conditions, are no table, so that each line has its head beside it;
  // heads are counted from the right, since a row may lack cells of an index that spans several
  for (const table of document.querySelectorAll(":is(.cell_output, figure) table")) {
    const [top, ...rest] = table.tHead?.rows ?? [], texts = row => [...row?.cells ?? []].map(cell => cell.textContent.trim());
    const names = texts(rest[0]), heads = texts(top).map((text, i) => text || names[i] || "");
    if (!["parameter", "outcome", "demanded"].some(name => heads.includes(name))) continue;
    table.classList.add("cards");
    if (heads[0] === "parameter") table.classList.add("parameters");
    for (const row of table.tBodies[0].rows) for (const cell of row.cells)
      if (cell.textContent.trim()) cell.dataset.head = heads.at(cell.cellIndex - row.cells.length);
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
  // a table too wide for its column is set closer first
  const fit = box => {
    const table = !box.querySelector(".explorer") && box.querySelector("table");
    if (!table) return;
    table.classList.remove("dense");
    table.classList.toggle("dense", innerWidth > 600 && box.scrollWidth > box.clientWidth);
  };
  const sizes = new ResizeObserver(entries => entries.forEach(({ target }) => { fit(target); look(target); }));
  const watch = places => document.querySelectorAll(places).forEach(box => {
    sizes.observe(box);
    box.addEventListener("scroll", () => look(box), { passive: true });
  });
  watch(".cell_output .text_html, figure .text_html, .pst-scrollable-table-container, .highlight pre");
  addEventListener("load", () => window.MathJax?.startup?.promise.then(() => watch("div.math mjx-container")));

  // in the contents of the page that section is marked which is read: the last that has begun in the upper third, and at the end
  // of the page, where short sections never come up there, the last of all; the theme marks what passes by while one scrolls
  const entries = [...document.querySelectorAll("#pst-page-toc-nav .toc-entry")], links = entries.map(entry => entry.querySelector("a"));
  const mark = () => {
    const begun = links.filter(link => document.getElementById(decodeURIComponent(link.hash.slice(1)))?.getBoundingClientRect().top < .3 * innerHeight);
    const read = scrollY + innerHeight > document.documentElement.scrollHeight - 2 ? links.at(-1) : begun.at(-1);
    links.forEach(link => { link.classList.toggle("active", link === read); if (link === read) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current"); });
    entries.forEach(entry => entry.classList.toggle("active", entry.contains(read ?? null)));
  };
  let resting;
  if (links.length) addEventListener("scroll", () => { clearTimeout(resting); resting = setTimeout(mark, 150); }, { passive: true });

  // names for those who do not see the page: the column of contents, and tables, by their caption or the heading they stand under
  document.querySelector("#pst-primary-sidebar")?.setAttribute("role", "complementary");
  document.querySelector("#pst-primary-sidebar")?.setAttribute("aria-label", "Contents of the book");
  let heading = null;
  for (const part of document.querySelectorAll("main :is(h1, h2, h3, h4, table)")) {
    if (!part.matches("table")) { heading = part; continue; }
    const caption = part.closest("figure")?.querySelector("figcaption") ?? heading;
    if (!caption || part.caption || part.closest(".explorer")) continue;
    caption.id ||= `named-${[...document.querySelectorAll("main :is(h1, h2, h3, h4, figcaption)")].indexOf(caption)}`;
    part.setAttribute("aria-labelledby", caption.id);
  }

  // what the search shows of a page is its text, not the code of its cells
  if (typeof Search !== "undefined") {
    const plain = Search.htmlToText;
    Search.htmlToText = (html, anchor) => {
      const page = new DOMParser().parseFromString(html, "text/html");
      page.querySelectorAll(".cell_input, .highlight-python, .explorer, details.hide > summary").forEach(part => part.remove());
      return plain(page.documentElement.outerHTML, anchor);
    };
  }
});
