// Loads what a page needs only when it is used: further scripts, in order, once.
(() => {
  const own = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  const root = new URL("../../", own);
  /** @type {Map<string, Promise<void>>} */
  const loaded = new Map();

  /** @param {string} path */
  const load = (path) =>
    new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(path, root).href;
      script.onload = () => resolve();
      script.onerror = () => reject(new Error(`cannot load ${path}`));
      document.head.append(script);
    });

  /**
   * Load scripts of this site one after the other; a path is relative to the site's first page.
   * @param {string[]} paths
   */
  const loadAll = async (paths) => {
    for (const path of paths) {
      if (!loaded.has(path)) {
        loaded.set(path, load(path));
      }
      await loaded.get(path);
    }
  };

  /** Load the engine and the rules of triage. */
  const loadTriage = () =>
    loadAll([
      "reference/data/triage.js",
      ...["expressions", "cleaning", "patterns", "facts", "support-request", "diagnosis"].map(
        (name) => `assets/js/triage/${name}.js`,
      ),
    ]);

  Object.assign(window.runbook, { root, loadAll, loadTriage });
})();
