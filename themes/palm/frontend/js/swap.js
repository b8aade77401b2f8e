// htmx does the exchange: it morphs the old list into the new one, so that focus and typing stay.
import htmx from "htmx.org/dist/htmx.esm.js";

// The addresses are ours: the list pushes them and reads them again on "back".
htmx.config.history = false;

export async function exchange(url, selector) {
  let refused = false;
  await htmx.ajax("GET", url, {
    source: selector, target: selector, select: selector, swap: "outerMorph",
    // A part must never be found in the browser's cache as if it were the page.
    fetch: async (where, options) => {
      const answer = await fetch(where, {...options, cache: "no-store"});
      if (!answer.ok || answer.redirected) { refused = true; throw new DOMException("no list", "AbortError"); }
      return answer;
    },
  });
  if (refused) throw new Error("no list");
}
