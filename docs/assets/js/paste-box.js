// The paste box: what a message means, what to do next, and the message for support. Nothing leaves the browser.
(() => {
  /**
   * @param {string} tag
   * @param {Record<string, unknown>} properties
   * @param {(Node | string)[]} children
   * @returns {any}
   */
  const make = (tag, properties = {}, children = []) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  /** @param {string} path */
  const pageTitle = (path) => {
    const words = (path.split("/").at(-1) ?? "").split(".")[0].replaceAll("-", " ");
    return words.charAt(0).toUpperCase() + words.slice(1);
  };

  /** Return the address of a procedure's form with the values of a command; empty for another command. @param {string} command */
  const formOf = (command) => {
    const [, procedure] = /^runbook (?:plan|inspect) ([a-z_]+)/.exec(command) ?? [];
    const given = [...command.matchAll(/ -p ([a-z_]+)=([\w.@+-]+)/g)].filter(([, name, value]) => value !== name.toUpperCase());
    const fragment = new URLSearchParams(given.map(([, name, value]) => [name, value]));
    return procedure ? `runbooks/${procedure.replaceAll("_", "-")}.html${given.length ? `#${fragment}` : ""}` : "";
  };

  /** @param {string} command */
  const codeBlock = (command) => {
    const form = formOf(command);
    const href = form && new URL(form, window.runbook.root).href;
    const link = form ? [make("a", { className: "rb-note", href, textContent: "Fill in the form" })] : [];
    return make("div", {}, [make("pre", {}, [make("code", { textContent: command })]), ...link]);
  };

  /** @param {any} entry */
  const answer = (entry) => {
    const link = make("a", { href: new URL(entry.page, window.runbook.root).href, textContent: pageTitle(entry.page) });
    const parts = [
      make("p", { className: "rb-meaning" }, [make("strong", { textContent: entry.meaning })]),
      make("p", { className: "rb-note" }, ["Found: ", make("code", { textContent: entry.matched })]),
      make("p", {}, [make("strong", { textContent: "Next step. " }), entry.next_step]),
      ...entry.commands.map(codeBlock),
      make("p", {}, ["Page: ", link]),
    ];
    if (entry.causes.length) {
      const items = entry.causes.map((/** @type {string} */ cause) => make("li", { textContent: cause }));
      parts.splice(2, 0, make("p", { textContent: "Possible causes:" }), make("ul", {}, items));
    }
    const section = make("div", { className: `rb-entry rb-${entry.kind}` }, parts);
    section.dataset.entry = entry.id;
    return section;
  };

  /** Return the message with each missing line marked. @param {string} text */
  const marked = (text) =>
    text.split("\n").flatMap((line) => {
      const at = line.indexOf("(MISSING: ");
      return at < 0 ? [`${line}\n`] : [line.slice(0, at), make("mark", { textContent: line.slice(at) }), "\n"];
    });

  /** @param {HTMLElement} box */
  const start = (box) => {
    const id = "rb-paste";
    const area = make("textarea", { id, rows: 3, spellcheck: false, autocomplete: "off" });
    area.dataset.triage = "";
    const hint = make("p", { id: `${id}-hint`, className: "rb-note", textContent: box.dataset.hint ?? "" });
    area.setAttribute("aria-describedby", hint.id);
    const status = make("p", { className: "rb-status" });
    status.setAttribute("role", "status");
    const answers = make("div", { className: "rb-answers" });
    box.append(make("label", { htmlFor: id, textContent: "Paste an error, a status message or log lines" }));
    box.append(area, hint, status, answers);

    /** @param {any} result */
    const support = (result) => {
      const done = make("span", { className: "rb-status" });
      done.setAttribute("role", "status");
      const copy = make("button", { type: "button", className: "md-button", textContent: "Copy the message" });
      copy.addEventListener("click", async () => {
        done.textContent = (await window.runbook.copy(result.escalation)) ? "Copied." : "Select and copy it.";
      });
      const code = make("code", {}, marked(result.escalation));
      code.dataset.support = "";
      return make("details", { className: "rb-support", open: !result.entries.length }, [
        make("summary", { textContent: "Message for support" }),
        make("pre", {}, [code]),
        make("div", { className: "rb-buttons" }, [copy, done]),
      ]);
    };

    const show = async () => {
      const text = /** @type {HTMLTextAreaElement} */ (area).value;
      if (!text.trim()) {
        answers.replaceChildren();
        status.textContent = "";
        return;
      }
      await window.runbook.loadTriage();
      if (text !== /** @type {HTMLTextAreaElement} */ (area).value) {
        return; // a later input shows its own answers
      }
      const result = window.runbook.diagnose(text);
      const count = result.entries.length;
      status.textContent = count
        ? `${count} ${count === 1 ? "diagnosis" : "diagnoses"}, the best first`
        : "No known message. Send the message below to support.";
      answers.replaceChildren(...result.entries.map(answer), support(result));
    };
    area.addEventListener("input", show);
  };

  const begin = () => document.querySelectorAll("div[data-paste-box]").forEach((box) => start(/** @type {any} */ (box)));
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", begin);
  } else {
    begin();
  }
})();
