// The command builder of a procedure's page: a form whose values every command of the page shows.
(() => {
  const { problem } = window.runbook.parameters;
  const { make, field } = window.runbook.controls;
  const { line, papermill } = window.runbook.commands;
  const REASON = {
    "x-kind": "reason",
    description: "Why; recorded in the journal. Apply requires it.",
    maxLength: 1000,
  };

  /** @param {unknown} value */
  const written = (value) => {
    if (typeof value === "boolean") {
      return value ? "True" : "False";
    }
    return Array.isArray(value) ? value.join(",") : String(value ?? "");
  };

  class Builder {
    /** @param {HTMLFormElement} form */
    constructor(form) {
      this.form = form;
      this.procedure = form.dataset.procedure ?? "";
      this.schema = JSON.parse(form.querySelector("script")?.textContent ?? "{}");
      this.inspects = Boolean(form.querySelector("[data-command=inspect]"));
      /** @type {Record<string, Record<string, any>>} */
      this.parameters = { ...this.schema.properties };
      if (!this.inspects) {
        this.parameters.reason = { ...REASON, examples: [form.dataset.reason] };
      }
      /** @type {Record<string, {element: HTMLElement, control: any, error: HTMLElement}>} */
      this.fields = {};
      for (const [name, schema] of Object.entries(this.parameters)) {
        this.fields[name] = field(name, schema, this.isRequired(name));
      }
      this.touched = new Set();
      this.codes = [...document.querySelectorAll("code[data-command]")];
      this.original = this.codes.map((code) => code.textContent ?? "");
      this.shellLines = this.findShellLines();
      this.ticks = window.runbook.ticks.start(this.procedure);
    }

    /** @param {string} name */
    isRequired(name) {
      return this.schema.required.includes(name);
    }

    /** Lay out the form, restore its values, and follow changes. */
    start() {
      const command = /** @type {HTMLElement} */ (this.form.querySelector(".highlight"));
      const names = Object.keys(this.fields);
      const isFirst = (/** @type {string} */ name) =>
        this.isRequired(name) || name === "reason" || this.parameters[name]["x-shown"];
      const first = names.filter(isFirst).map((name) => this.fields[name].element);
      const others = names.filter((name) => !isFirst(name)).map((name) => this.fields[name].element);
      command.before(make("div", { className: "rb-fields" }, first));
      this.status = make("p", { className: "rb-status" });
      this.status.setAttribute("role", "status");
      this.note = make("p", { className: "rb-note" });
      const copy = make("button", { type: "submit", className: "md-button md-button--primary", textContent: "Copy" });
      const clear = make("button", { type: "button", className: "md-button", textContent: "Clear" });
      copy.title = "Enter in a field, or the key c";
      clear.addEventListener("click", () => this.clear());
      command.after(this.note, make("div", { className: "rb-buttons" }, [copy, clear, this.status]));
      if (others.length) {
        this.details = /** @type {HTMLDetailsElement} */ (
          make("details", { className: "rb-optional" }, [
            make("summary", { textContent: `Optional: ${names.filter((name) => !isFirst(name)).join(", ")}` }),
            make("div", { className: "rb-fields" }, others),
          ])
        );
        this.form.append(this.details);
      }
      this.form.noValidate = true;
      this.form.addEventListener("input", (event) => this.change(event));
      this.form.addEventListener("change", (event) => this.change(event));
      this.form.addEventListener("keydown", (event) => this.key(event));
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.copy();
      });
      document.addEventListener("keydown", (event) => this.shortcut(event));
      addEventListener("hashchange", () => this.restore());
      this.reset();
      this.restore();
    }

    /** Give each control its default. */
    reset() {
      for (const [name, { control }] of Object.entries(this.fields)) {
        const value = this.parameters[name].default;
        if (control.type === "checkbox") {
          control.checked = value === true;
        } else {
          control.value = control.tagName === "SELECT" ? written(value) : "";
        }
      }
      this.touched.clear();
    }

    /** @param {string} name */
    value(name) {
      const { control } = this.fields[name];
      return control.type === "checkbox" ? written(control.checked) : String(control.value);
    }

    /** Return the parameters that differ from their defaults, in order. */
    given() {
      return Object.keys(this.fields).filter((name) => {
        const value = this.value(name);
        return value !== "" && (this.isRequired(name) || value !== written(this.parameters[name].default));
      });
    }

    /** @param {Event} event */
    change(event) {
      const name = /** @type {any} */ (event.target).name;
      if (name in this.fields) {
        this.touched.add(name);
        this.show();
        this.remember();
      }
    }

    /** Show the values in every command, and what is wrong with them. */
    show() {
      const given = this.given();
      const bad = new Set();
      for (const [name, { control, error }] of Object.entries(this.fields)) {
        const value = this.value(name);
        let text = given.includes(name) ? problem(this.parameters[name], value) : "";
        if (!value && this.touched.has(name) && this.isRequired(name)) {
          text = `is missing: ${this.parameters[name].description}`;
        }
        error.textContent = text ? `${name} ${text}` : "";
        if (text) {
          control.setAttribute("aria-invalid", "true");
          bad.add(name);
        } else {
          control.removeAttribute("aria-invalid");
        }
        if (control.tagName === "TEXTAREA") {
          control.rows = Math.min(6, value.split("\n").length);
        }
      }
      this.form.classList.toggle("rb-invalid", bad.size > 0);
      this.showCommands(given, bad);
    }

    /**
     * @param {string[]} given
     * @param {Set<string>} bad
     */
    showCommands(given, bad) {
      const names = Object.keys(this.schema.properties);
      const isExample = given.length === 0;
      const set = names.filter((name) => given.includes(name) || this.isRequired(name));
      const values = set
        .filter((name) => !(bad.has(name) && this.parameters[name]["x-kind"] === "secret"))
        .map((name) => ({
          name,
          value: given.includes(name) ? this.value(name) : name.toUpperCase(),
          isText: !["number", "flag"].includes(this.parameters[name]["x-kind"]),
        }));
      const reason = given.includes("reason") ? this.value("reason") : (this.form.dataset.reason ?? "");
      const lines = {
        plan: line("plan", this.procedure, values, ""),
        inspect: line("inspect", this.procedure, values, ""),
        apply: line("apply", this.procedure, values, reason),
        papermill: papermill(this.procedure, values, ""),
        "papermill-apply": papermill(this.procedure, values, reason),
      };
      this.codes.forEach((code, index) => {
        const kind = /** @type {keyof typeof lines} */ (/** @type {HTMLElement} */ (code).dataset.command);
        const text = isExample ? this.original[index] : lines[kind];
        if (code.textContent !== text) {
          code.textContent = text;
        }
      });
      for (const { node, before, name } of this.shellLines) {
        const schema = this.parameters[name];
        const value = given.includes(name) && !bad.has(name) ? this.value(name) : "";
        const literal = schema["x-kind"] === "text" ? window.runbook.quoting.python(value) : String(Number(value));
        node.textContent = value ? literal : before;
      }
      const missing = set.filter((name) => !given.includes(name));
      const example = missing.length ? `Example values: ${missing.join(", ")}.` : "";
      const todo = missing.length ? `Still missing: ${missing.join(", ")}.` : "";
      /** @type {HTMLElement} */ (this.note).textContent = isExample ? example : todo;
    }

    /** Find the literals of the Django shell's lines that stand for a parameter's example. */
    findShellLines() {
      /** @type {{node: Node, before: string, name: string}[]} */
      const places = [];
      const literals = new Map();
      for (const [name, schema] of Object.entries(this.schema.properties ?? {})) {
        const example = /** @type {any} */ (schema).examples?.[0];
        const literal = typeof example === "string" ? JSON.stringify(example) : String(example);
        literals.set(literal, literals.has(literal) ? "" : name); // two parameters with one example: neither
      }
      for (const code of document.querySelectorAll("[data-shell] code")) {
        const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const before = walker.currentNode.textContent ?? "";
          const name = literals.get(before);
          if (name) {
            places.push({ node: walker.currentNode, before, name });
          }
        }
      }
      return places;
    }

    /** Keep the values in the address, so that a link names them; a value that can be a secret is left out. */
    remember() {
      const pairs = this.given().filter(
        (name) => this.parameters[name]["x-kind"] !== "secret" || !problem(this.parameters[name], this.value(name)),
      );
      const fragment = new URLSearchParams(pairs.map((name) => [name, this.value(name)])).toString();
      history.replaceState(history.state, "", fragment ? `#${fragment}` : location.pathname + location.search);
    }

    /** Take the values from the address, if it has some. */
    restore() {
      const pairs = [...new URLSearchParams(location.hash.slice(1))].filter(([name]) => name in this.fields);
      if (location.hash.includes("=") && pairs.length) {
        this.reset();
        for (const [name, value] of pairs) {
          const { control, element } = this.fields[name];
          if (control.type === "checkbox") {
            control.checked = /^(true|yes)$/i.test(value);
          } else {
            control.value = value;
          }
          if (control.tagName === "SELECT" && control.value !== value) {
            control.value = written(this.parameters[name].default);
          }
          this.touched.add(name);
          if (this.details?.contains(element)) {
            this.details.open = true;
          }
        }
      }
      this.show();
    }

    /** Forget the values and the ticks. */
    clear() {
      this.reset();
      this.ticks.clear();
      this.show();
      this.remember();
      this.say("Cleared.");
    }

    /** Copy the first command. */
    async copy() {
      const code = this.form.querySelector("code[data-command]");
      const done = await window.runbook.copy((code?.textContent ?? "").trimEnd());
      this.say(done ? "Copied." : "This browser does not let the page copy: select the command.");
    }

    /** @param {string} text */
    say(text) {
      /** @type {HTMLElement} */ (this.status).textContent = text;
    }

    /** Enter in a field copies; with Shift it is a line break, as in every text area. @param {KeyboardEvent} event */
    key(event) {
      if (event.key === "Enter" && !event.shiftKey && /** @type {Element} */ (event.target).tagName === "TEXTAREA") {
        event.preventDefault();
        this.copy();
      }
    }

    /** The key c copies wherever nothing is typed. @param {KeyboardEvent} event */
    shortcut(event) {
      const typing = /** @type {Element} */ (event.target).closest?.("input, textarea, select, [contenteditable]");
      if (event.key === "c" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing) {
        this.copy();
      }
    }
  }

  const start = () => {
    for (const form of document.querySelectorAll("form[data-procedure]")) {
      new Builder(/** @type {HTMLFormElement} */ (form)).start();
    }
  };

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
