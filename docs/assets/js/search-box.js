// The search field in the header, and the pages that it finds. The index is loaded when the field is first used.
(() => {
  const MOST = 10;
  const INSTEAD = [
    ["reference/messages.html", "Messages", "Every literal message that the runbook recognizes."],
    ["tools/which-tool.html", "Choose a tool", "Every tool that staff use, and its purpose."],
    ["reference/procedures.html", "All procedures", "Every procedure, with its outcome."],
  ].map(([path, title, purpose]) => ({ path, title, purpose }));

  const form = document.createElement("form");
  form.className = "rb-search";
  form.setAttribute("role", "search");
  form.innerHTML =
    '<input type="search" name="q" placeholder="Search" aria-label="Search" autocomplete="off" spellcheck="false">' +
    '<div class="rb-found" hidden><p class="rb-note" role="status"></p><div data-results></div></div>';
  const field = /** @type {HTMLInputElement} */ (form.querySelector("input"));
  const panel = /** @type {HTMLElement} */ (form.querySelector(".rb-found"));
  const note = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  const list = /** @type {HTMLElement} */ (form.querySelector("[data-results]"));

  /** Return the pages of a literal message, which come before all others. @param {string} query */
  const ofMessage = (query) =>
    window.runbook
      .diagnose(query)
      .entries.filter((/** @type {any} */ entry) => ["cause", "symptom"].includes(entry.kind) && entry.specificity >= 10)
      .slice(0, 1)
      .map((/** @type {any} */ entry) => {
        const known = window.runbook.searchData.pages.find((/** @type {string[]} */ page) => page[0] === entry.page);
        return { path: entry.page, title: known?.[1] ?? entry.page, purpose: entry.meaning };
      });

  /** @param {{path: string, title: string, purpose: string}} page */
  const link = (page) => {
    const made = document.createElement("a");
    made.href = new URL(page.path, window.runbook.root).href;
    made.append(Object.assign(document.createElement("strong"), { textContent: page.title }));
    made.append(Object.assign(document.createElement("small"), { textContent: page.purpose }));
    return made;
  };

  const load = () => Promise.all([window.runbook.loadAll(["reference/data/search.js"]), window.runbook.loadTriage()]);

  const show = async () => {
    const query = field.value.trim();
    panel.hidden = !query;
    if (!query) {
      return list.replaceChildren();
    }
    await load();
    if (query !== field.value.trim()) {
      return; // a later input shows its own pages
    }
    const first = ofMessage(query);
    const found = window.runbook.search(query);
    const pages = [...first, ...found.filter((/** @type {any} */ page) => page.path !== first[0]?.path)].slice(0, MOST);
    note.textContent = pages.length ? `${pages.length} pages, the best first` : `Nothing has “${query}”. Try one of these:`;
    list.replaceChildren(...(pages.length ? pages : INSTEAD).map(link));
    panel.hidden = false;
  };

  /** Move through the links with the arrow keys. @param {KeyboardEvent} event */
  const move = (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(/** @type {any} */ (document.activeElement));
    if (event.key === "Escape") {
      panel.hidden = true;
      field.focus();
    } else if (event.key === "ArrowDown" && links.length) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at ? links[at - 1] : field).focus();
    }
  };

  const start = () => {
    const header = document.querySelector(".md-header__inner");
    (header ?? document.body).append(form);
    field.addEventListener("focus", load, { once: true });
    field.addEventListener("input", show);
    form.addEventListener("keydown", move);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      list.querySelector("a")?.click();
    });
    document.addEventListener("keydown", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (event.key === "/" && !target.closest?.("input, textarea, select, [contenteditable]")) {
        event.preventDefault();
        field.focus();
      }
    });
    document.addEventListener("click", (event) => {
      panel.hidden ||= !form.contains(/** @type {Node} */ (event.target));
    });
  };

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
