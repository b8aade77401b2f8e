// What a finger or a screen reader would trip over on the page as it stands. Answers a list of sentences.
(phone) => {
  const faults = [];
  const root = document.documentElement, width = root.clientWidth;
  const style = (node, part) => getComputedStyle(node, part);
  const name = (node) => node.tagName.toLowerCase() + (node.id ? `#${node.id}` : node.classList.length ? `.${node.classList[0]}` : "") +
    ` "${(node.getAttribute("aria-label") || node.textContent || node.value || "").trim().replace(/\s+/g, " ").slice(0, 24)}"`;
  const seen = (node) => {
    const {width: w, height: h, bottom} = node.getBoundingClientRect();
    return w > 1 && h > 1 && bottom > 0 && node.checkVisibility({visibilityProperty: true}) && !node.closest("[inert], [aria-hidden=true]");
  };

  const over = Math.max(root.scrollWidth, document.body.scrollWidth) - width;
  if (phone && over > 0) faults.push(`overflow: the page is ${over} px wider than the screen`);

  // The box in which a tap counts: a label belongs to its box, a card to the link that is stretched over it.
  const box = (node) => {
    const after = style(node, "::after");
    if (after.content !== "none" && after.position === "absolute" && ["top", "right", "bottom", "left"].every((side) => after[side] === "0px")) {
      let card = node;
      while (style(card).position === "static" && card.parentElement) card = card.parentElement;
      return card.getBoundingClientRect();
    }
    const boxes = [node, ...(["checkbox", "radio", "file"].includes(node.type) ? node.labels : [])].map((one) => one.getBoundingClientRect());
    const edge = (side, pick) => pick(...boxes.map((one) => one[side]));
    return {width: edge("right", Math.max) - edge("left", Math.min), height: edge("bottom", Math.max) - edge("top", Math.min)};
  };
  const inWords = (node) => node.matches("a") && style(node).display === "inline" &&
    [...node.parentElement.childNodes].some((other) => other !== node && other.nodeType === Node.TEXT_NODE && other.data.trim().length > 3);
  const targets = "a[href], button, select, textarea, summary, input:not([type=hidden]), [role=button], [role=tab], [role=switch], [tabindex='0']";
  if (phone) {
    for (const node of document.querySelectorAll(targets)) {
      if (node.disabled || !seen(node) || inWords(node)) continue;
      const {width: w, height: h} = box(node);
      if (Math.min(w, h) < 43.5) faults.push(`small target: ${name(node)} is ${Math.round(w)} x ${Math.round(h)} px`);
    }
    for (const node of document.querySelectorAll("select, textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=range])")) {
      const size = parseFloat(style(node).fontSize);
      if (seen(node) && size < 16) faults.push(`small words: ${name(node)} has ${size} px, a phone zooms in`);
    }
  }

  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) faults.push(`duplicate id: ${id}`);
  for (const tag of ["h1", "main"]) {
    const count = document.querySelectorAll(tag).length;
    if (count !== 1) faults.push(`landmark: ${count} ${tag} elements`);
  }
  if (!root.lang) faults.push("language: the page does not say which");
  return faults;
}
