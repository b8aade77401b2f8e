// What the visitor does, told to the shop as far as he agreed: see /shop/api/v1/events. Loaded once something is to be told.
const SILENCE = 30 * 60 * 1000;
const LATER = 5000;
const MOST = 50;
const KEPT = 200; // what waits without a line; older is let go

export function teller({ store, randomKey, post, staff }) {
  let queue = [];
  let timer;
  const consent = () => store.get("consent", null);

  // One random name for each installation; who says no, or takes it back, has none.
  function visitor() {
    let id = store.get("visitor");
    if (!id) store.set("visitor", id = randomKey());
    return id;
  }

  function session(props) {
    const now = Date.now();
    const known = store.get("session");
    const other = props.campaign && known && known.campaign && known.campaign !== props.campaign;
    const fresh = !known || now - known.last > SILENCE || other;
    const present = { id: fresh ? randomKey() : known.id, last: now, campaign: props.campaign || (fresh ? "" : known.campaign) };
    store.set("session", present);
    return [present.id, fresh];
  }

  function add(name, page, props) {
    queue.push({ id: randomKey(), name, at: new Date().toISOString(), page, props });
    queue = queue.slice(-KEPT);
    clearTimeout(timer);
    timer = setTimeout(send, queue.length >= MOST ? 0 : LATER);
  }

  function tell(name, page, props = {}) {
    const agreed = consent();
    if (agreed === null) return; // not asked yet: nothing is told
    if (!agreed.length) { // nothing of him is kept: a count needs no name
      queue.push({ id: randomKey(), name, at: new Date().toISOString(), page, props: {}, visitor: "nobody-0", session: "nobody-0" });
      clearTimeout(timer);
      timer = setTimeout(send, LATER);
      return;
    }
    const came = new URLSearchParams(location.search);
    const origin = Object.fromEntries([["campaign", "utm_campaign"], ["scene", "scene"], ["code", "code"]].map(([own, theirs]) => [own, came.get(theirs)]).filter(([, value]) => value));
    const [id, fresh] = session(origin);
    const mine = { visitor: visitor(), session: id };
    if (fresh) { add("visit", page, origin); Object.assign(queue.at(-1), mine); }
    if (name !== "visit") { add(name, page, props); Object.assign(queue.at(-1), mine); }
  }

  async function send() {
    clearTimeout(timer);
    const some = queue.slice(0, MOST);
    if (!some.length) return;
    queue = queue.slice(some.length);
    const body = { events: some, consent: consent() || [], sent_at: new Date().toISOString(), ...(staff ? { mark: "staff" } : {}) };
    const answer = await post(body);
    // The line or the shop is busy: the same again later, under the same ids.
    if (answer === 0 || answer === 429 || answer === 503) { queue = [...some, ...queue].slice(0, KEPT); timer = setTimeout(send, 60000); return; }
    if (queue.length) await send();
  }

  function agree(kinds) {
    store.set("consent", kinds);
    if (!kinds.length) { store.set("visitor", null); store.set("session", null); queue = []; }
  }

  addEventListener("visibilitychange", () => { if (document.hidden) send(); });
  return { tell, agree, consent, send };
}
