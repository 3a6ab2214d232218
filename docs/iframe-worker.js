// Search in pages that are opened as files. Browsers run no worker from a file,
// so one whose script runs in a hidden frame stands in for it. The theme looks
// for the name IFrameWorker.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inner = this.frame.contentWindow;
      inner.document.open();
      inner.document.write("<body></body>");
      inner.document.close();
      inner.postMessage = (data) =>
        this.dispatchEvent(new MessageEvent("message", { data }));
      inner.importScripts = (...urls) =>
        urls.reduce(
          (before, next) => before.then(() => load(inner, next)),
          Promise.resolve(),
        );
      this.ready = load(inner, url);
    }

    postMessage(data) {
      this.ready.then(() =>
        this.frame.contentWindow.dispatchEvent(
          new MessageEvent("message", { data }),
        ),
      );
    }
  };

  const load = (inner, url) =>
    new Promise((resolve, reject) => {
      const script = inner.document.createElement("script");
      Object.assign(script, { src: url, onload: resolve, onerror: reject });
      inner.document.body.append(script);
    });
}
