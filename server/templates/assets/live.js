// Lists that follow changes. Without this file they show what was when they were made.
//
// An element with `data-stream` names a stream of events; when something happens, the page is asked
// for again and the element is put in the place of its former self. While somebody works in it (the
// keyboard stands in it, or text is marked), it is left alone and a link says that there is more.

const WAIT_MS = 800;

const live = document.querySelector("[data-stream]");
const notice = document.querySelector("[data-live-notice]");

if (live && "EventSource" in window) {
  let waiting;
  const stream = new EventSource(live.dataset.stream);
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, WAIT_MS);
  };
  for (const name of ["received", "changed", "reset"]) stream.addEventListener(name, soon);

  const isInUse = () => {
    const part = current();
    const marked = document.getSelection();
    return (
      part.contains(document.activeElement) ||
      (marked && !marked.isCollapsed && part.contains(marked.anchorNode))
    );
  };
  const current = () => document.querySelector("[data-stream]");

  async function refresh() {
    if (isInUse()) {
      if (notice) notice.hidden = false;
      return;
    }
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-stream]");
      if (fresh) current().replaceWith(document.adoptNode(fresh));
      if (notice) notice.hidden = true;
    } catch {
      if (notice) notice.hidden = false;
    }
  }
  addEventListener("pagehide", () => stream.close());
}
