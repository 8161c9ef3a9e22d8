// Lets the search run when a page is opened from disk.
//
// Browsers refuse to start a Worker for a file:// page, so there the script runs in a hidden frame instead.
// The theme's search uses three things of a Worker: postMessage, "message" events and a global postMessage
// inside; this gives it exactly those. Pages that come from a server keep the browser's own Worker.
(() => {
  if (location.protocol !== "file:") {
    return;
  }

  window.Worker = class extends EventTarget {
    #frame = document.createElement("iframe");
    #waiting = [];
    #inside = null;

    constructor(url) {
      super();
      const address = new URL(url, location.href).href;
      this.#frame.hidden = true;
      this.#frame.title = "search";
      this.#frame.srcdoc = "<!doctype html><title>search</title>";
      this.#frame.addEventListener("load", () => this.#start(address), { once: true });
      document.body.append(this.#frame);
    }

    #start(address) {
      const inside = this.#frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const script = inside.document.createElement("script");
      script.addEventListener("error", () => this.dispatchEvent(new Event("error")));
      script.addEventListener("load", () => {
        this.#inside = inside;
        this.#waiting.splice(0).forEach((data) => this.#deliver(data));
      });
      script.src = address;
      inside.document.head.append(script);
    }

    // A Worker works on its own copy of what it is sent, and answers later: so does this.
    #deliver(data) {
      const copy = structuredClone(data);
      setTimeout(() => this.#inside.dispatchEvent(new MessageEvent("message", { data: copy })));
    }

    postMessage(data) {
      if (this.#inside) {
        this.#deliver(data);
      } else {
        this.#waiting.push(data);
      }
    }

    terminate() {
      this.#frame.remove();
    }
  };
})();
