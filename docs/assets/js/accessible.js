// Names what the theme leaves without a name, so that a screen reader can say what it is: the buttons over each block of
// code, the boxes of a task list. What scrolls, a table or a row of tabs, is reached by the keyboard, and an empty heading of a table becomes a cell like the others.
(() => {
  let blocks = 0;

  const nameEverything = () => {
    for (const buttons of document.querySelectorAll("nav.md-code__nav:not([aria-label])")) {
      blocks += 1;
      buttons.setAttribute("aria-label", `Buttons of code block ${blocks}`);
    }
    for (const box of document.querySelectorAll(".task-list-control input:not([aria-label])")) {
      box.setAttribute("aria-label", box.closest("li")?.textContent?.trim() ?? "");
    }
    for (const wide of document.querySelectorAll(":is(.md-typeset__scrollwrap, .tabbed-labels):not([tabindex])")) {
      if (wide.scrollWidth > wide.clientWidth) {
        wide.setAttribute("tabindex", "0"); // the arrow keys then scroll it
      }
    }
    for (const heading of document.querySelectorAll("article th")) {
      if (!heading.textContent.trim() && !heading.children.length) {
        heading.replaceWith(document.createElement("td"));
      }
    }
  };

  const start = () => {
    nameEverything();
    // The theme adds a block's buttons only when the block comes into view.
    let isPlanned = false;
    const plan = () => {
      if (!isPlanned) {
        isPlanned = true;
        requestAnimationFrame(() => {
          isPlanned = false;
          nameEverything();
        });
      }
    };
    new MutationObserver(plan).observe(document.body, { childList: true, subtree: true });
    addEventListener("resize", nameEverything);
    addEventListener("load", nameEverything); // what is wider than its place is known only with the styles
  };

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
