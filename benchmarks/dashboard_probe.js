// In a page before its own scripts: when the app last drew, and when its server spoke.
(() => {
  const QUIET = 250;
  const now = () => performance.now();
  let clicked = 0, sent = 0, received = 0, idle = 0, changed = 0;

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => { received = now(); });
    }
    send(data) {
      sent ||= now();
      super.send(data);
    }
  };
  // Charts and tables are canvases: what is drawn on them is no change of the document.
  for (const name of ["clearRect", "fill", "stroke", "fillRect", "fillText", "drawImage"]) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      changed = now();
      return draw.apply(this, given);
    };
  }
  const app = () => document.querySelector("[data-testid=stApp]");
  const isIdle = () => app()?.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]");
  // What stands in a canvas is never drawn, and what is drawn on one is seen above. It is for those
  // who can't see a table: glide-data-grid writes it 200 ms after it has drawn the table.
  const isDrawn = ({ target }) => target.parentElement?.closest("[data-testid=stMain]")
    && !(target.closest ? target : target.parentElement).closest("canvas");
  const watch = new MutationObserver((records) => {
    if (records.some(isDrawn)) {
      changed = now();
    }
    if (!idle && sent && isIdle()) idle = now();
  });
  document.addEventListener("DOMContentLoaded", () => watch.observe(document.body, {
    attributes: true, characterData: true, childList: true, subtree: true,
  }));
  addEventListener("pointerdown", () => { [clicked, sent, received, idle] = [now(), 0, 0, 0]; }, true);

  // Milliseconds from the last click until nothing runs and all is drawn, and the server's of them.
  window.settled = () => new Promise((resolve) => {
    const look = () => {
      if (idle && isIdle() && now() - changed > QUIET && now() - idle > QUIET) {
        resolve([Math.max(idle, changed) - clicked, received - sent]);
      } else {
        setTimeout(look, 20);
      }
    };
    look();
  });
})();
