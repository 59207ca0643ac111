// What the page does by itself: source cards, the selection, the map's view, keys and copying.
// Everything else it passes on to the server through the bridge, as one of its named events.
"use strict";

window.assistant = (() => {
  let bridge = null;
  const selected = new Map(); // paper id -> title
  const MORE = 100; // papers that the server gives of a list at a time
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const send = (name, data = {}) => bridge?.trigger(name, data);

  function toTab(name) {
    all("[role=tab]").find((one) => one.textContent.trim() === name)?.click();
  }

  // What lies on another tab takes the focus only once that tab is shown.
  function typeIn(selector, tries = 20) {
    const box = $(selector);
    box?.focus();
    if (document.activeElement !== box && tries) setTimeout(() => typeIn(selector, tries - 1), 50);
  }

  // --- source cards ----------------------------------------------------------------------

  let cameFrom = null;

  function show(card, from) {
    const panel = $("#source");
    const copy = card.cloneNode(true);
    copy.hidden = false;
    copy.removeAttribute("id");
    copy.dataset.shown = card.id;
    $(".source-body", panel).replaceChildren(copy);
    panel.hidden = false;
    $("#desk").classList.add("with-source");
    cameFrom = from;
    for (const chip of all(".chip[aria-expanded]")) chip.removeAttribute("aria-expanded");
    if (from?.classList.contains("chip")) from.setAttribute("aria-expanded", "true");
    const mark = $("mark", copy);
    const body = $(".source-body", panel);
    body.scrollTop = mark ? Math.max(0, mark.offsetTop - body.offsetTop - 80) : 0;
    $(".card-title", copy)?.focus({ preventScroll: true });
  }

  function hide() {
    const panel = $("#source");
    if (!panel || panel.hidden) return;
    panel.hidden = true;
    $("#desk").classList.remove("with-source");
    for (const chip of all(".chip[aria-expanded]")) chip.removeAttribute("aria-expanded");
    cameFrom?.focus({ preventScroll: true });
  }

  async function open(paper, from) {
    const holder = document.createElement("template");
    holder.innerHTML = await bridge.server.card(paper);
    const card = $(".card", holder.content);
    if (card) show(card, from);
  }

  // --- the conversation ------------------------------------------------------------------

  function placed() {
    const conversation = bridge.props.value?.conversation || "";
    const address = new URL(location.href);
    if ((address.searchParams.get("c") || "") !== conversation) {
      if (conversation) address.searchParams.set("c", conversation);
      else address.searchParams.delete("c");
      history.replaceState(null, "", address);
    }
    if (bridge.props.value?.editing) $("#question textarea")?.focus();
    ownSuggestions();
  }

  // Suggestions come behind an answer, and may find that another conversation was opened.
  function ownSuggestions() {
    const next = $("#next [data-of]");
    if (next) next.hidden = next.dataset.of !== (bridge.props.value?.conversation || "");
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = document.createElement("textarea"); // where the clipboard needs https
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = before), 1500);
  }

  function rate(id, thumb, note) {
    send("rate", { id, thumb, note });
  }

  // A question whose answer never came is put back into the box when the page comes again.
  const PENDING = "assistant-pending";

  function putBack(question) {
    const box = $("#question textarea:enabled");
    if (!box) return setTimeout(() => putBack(question), 200);
    if (!box.value) {
      box.value = question;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    // The page may be loaded once more before anybody sees it.
    setTimeout(() => sessionStorage.removeItem(PENDING), 5000);
  }

  async function answers(path) {
    try {
      return (await fetch(path, { cache: "no-store" })).ok;
    } catch {
      return false;
    }
  }

  async function comeBack() {
    if (await answers("readyz")) location.reload();
    else setTimeout(comeBack, 1000);
  }

  function watchLive() {
    const live = $("#live");
    if (!live) return setTimeout(watchLive, 200);
    let timer = null;
    let missed = 0;
    const look = async () => {
      const exchange = $("[data-busy]", live);
      if (!exchange) return;
      missed = (await answers("healthz")) ? 0 : missed + 1;
      if (missed < 2) return;
      exchange.removeAttribute("data-busy");
      const state = $(".state", exchange);
      if (state) {
        state.className = "warning";
        state.textContent =
          "The server has stopped. Your question is kept; once the server runs again, this page comes back by itself.";
      }
      comeBack();
    };
    new MutationObserver(() => {
      const exchange = $("[data-busy]", live);
      if (exchange) {
        sessionStorage.setItem(PENDING, $(".question p", exchange).textContent);
        timer ??= setInterval(look, 1000);
      } else if (timer) {
        clearInterval(timer);
        timer = null;
        missed = 0;
        if (!$(".warning", live)) sessionStorage.removeItem(PENDING);
      }
      const last = $(".exchange:last-child", live);
      if (last) last.scrollIntoView({ block: "nearest" });
    }).observe(live, { childList: true, subtree: true });
    const pending = sessionStorage.getItem(PENDING);
    if (pending) putBack(pending);
    const thread = $("#thread");
    let length = 0;
    new MutationObserver(() => {
      const exchanges = all(".exchange", thread);
      if (exchanges.length !== length) {
        length = exchanges.length;
        exchanges.at(-1)?.scrollIntoView({ block: "start" });
        lightUp();
      }
    }).observe(thread, { childList: true, subtree: true });
  }

  // The next papers of a long list; those that were removed since leave no line.
  async function more(button) {
    const { more: exchange, at, of } = button.dataset;
    const list = $(".rest", button.closest(".answer"));
    const items = document.createElement("template");
    button.disabled = true;
    try {
      items.innerHTML = await bridge.server.more(`${exchange} ${at}`);
    } finally {
      button.disabled = false;
    }
    const first = $("button", items.content);
    list.hidden = false;
    list.append(items.content);
    first?.focus({ preventScroll: true });
    button.dataset.at = Number(at) + MORE;
    const left = Number(of) - Number(button.dataset.at);
    button.textContent = `Show more (${left.toLocaleString("en")} left)`;
    button.hidden = left <= 0;
  }

  // --- the library -----------------------------------------------------------------------

  function view(change = {}) {
    const now = $("#shelf [data-view]")?.dataset ?? {};
    const scoped = $("[data-search=papers] [name=scoped]")?.checked ?? false;
    const text = $("[data-search=papers] [name=text]")?.value ?? "";
    send("browse", { text, order: now.order || "added", offset: 0, scoped, ...change });
  }

  // The table anew, as its controls and its page stand, after papers came or went.
  function list() {
    view({ offset: Number($("#shelf [data-view]")?.dataset.offset ?? 0) });
  }

  function selectionChanged() {
    const none = selected.size === 0;
    for (const box of all("[data-select]")) box.checked = selected.has(box.dataset.select);
    for (const button of all("[data-needs-selection]")) button.disabled = none;
    const count = $("[data-selected]");
    if (count) count.textContent = none ? "None selected" : `${selected.size} selected`;
    const what = $("[data-export-what]");
    if (what) what.textContent = none ? "all found" : "the selected";
  }

  function download() {
    const form = document.createElement("form");
    form.method = "post";
    form.action = "download/papers";
    const { text = "", order = "", scope = "[]" } = $("#shelf [data-view]")?.dataset ?? {};
    const fields = [
      ["format", $("#shelf-tools select[name=format]").value],
      ["ids", [...selected.keys()].join(",")],
      ["text", text],
      ["order", order],
      ...JSON.parse(scope),
    ];
    for (const [name, value] of fields) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
    form.remove();
  }

  // --- the map ---------------------------------------------------------------------------

  function lightUp() {
    const last = all("#thread .exchange").at(-1);
    const cited = new Set(all(".chip", last ?? document.createElement("i")).map((c) => c.dataset.paper));
    for (const point of all("[data-point]")) point.classList.toggle("lit", cited.has(point.dataset.point));
    const legend = $("[data-lit-legend]");
    if (legend) legend.hidden = !$("[data-point].lit");
    for (const point of all("[data-point].lit")) point.parentNode.append(point);
  }

  const WHOLE = [-30, -30, 1060, 1060];

  function zoom(map, factor, cx, cy) {
    const box = map.viewBox.baseVal;
    const [x, y] = [cx ?? box.x + box.width / 2, cy ?? box.y + box.height / 2];
    const width = Math.min(1060, Math.max(60, box.width * factor));
    const real = width / box.width;
    box.x = x - (x - box.x) * real;
    box.y = y - (y - box.y) * real;
    box.width = width;
    box.height *= real;
    map.style.setProperty("--scale", width / 1060);
  }

  // The map is one stop of the Tab key, which stands at one point; with thousands of them no
  // other carries what it takes.
  function stand(point) {
    for (const one of all("[tabindex]", point.parentNode))
      for (const name of ["tabindex", "role", "aria-label"]) one.removeAttribute(name);
    point.setAttribute("tabindex", "0");
    point.setAttribute("role", "button");
    point.setAttribute("aria-label", $("title", point).textContent);
  }

  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

  // The nearest point of the quarter that an arrow points to, those of other topics left out
  // where one is shown.
  function neighbour(point, [right, down]) {
    const [x, y] = [point.cx.baseVal.value, point.cy.baseVal.value];
    let [nearest, least, behind] = [null, Infinity, true];
    for (const one of all("[data-point]", point.parentNode)) {
      if (one === point) behind = false;
      if (one === point || one.classList.contains("dim")) continue;
      const [dx, dy] = [one.cx.baseVal.value - x, one.cy.baseVal.value - y];
      const away = Math.hypot(dx, dy);
      // Points that lie upon each other are gone through as they follow each other.
      const ahead = away
        ? Math.abs(dx * down) + Math.abs(dy * right) <= dx * right + dy * down
        : behind === right + down < 0;
      if (ahead && (away < least || (!away && behind))) [nearest, least] = [one, away];
    }
    return nearest;
  }

  // Goes to a point, which may lie outside of what is seen of the map.
  function goTo(point) {
    const box = point.closest("[data-map]").viewBox.baseVal;
    const [x, y] = [point.cx.baseVal.value, point.cy.baseVal.value];
    if (x < box.x || x > box.x + box.width) box.x = x - box.width / 2;
    if (y < box.y || y > box.y + box.height) box.y = y - box.height / 2;
    stand(point);
    point.focus();
  }

  let dragged = false; // whether the map was drawn along by the pointer that is let go of

  function watchMap() {
    const atlas = $("#atlas");
    if (!atlas) return setTimeout(watchMap, 200);
    const watcher = new MutationObserver(() => {
      lightUp();
      watcher.takeRecords(); // its own doing
    });
    watcher.observe(atlas, { childList: true, subtree: true });
    atlas.addEventListener(
      "wheel",
      (event) => {
        const map = event.target.closest("[data-map]");
        if (!map || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
        zoom(map, event.deltaY < 0 ? 0.8 : 1.25, at.x, at.y);
      },
      { passive: false },
    );
    atlas.addEventListener("keydown", (event) => {
      const point = event.target.closest("[data-point]");
      if (!point || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key in ARROWS) {
        const next = neighbour(point, ARROWS[event.key]);
        if (next) goTo(next);
      } else if (event.key === "Enter" || event.key === " ") open(point.dataset.open, point);
      else return;
      event.preventDefault(); // or the page would scroll
    });
    let from = null;
    atlas.addEventListener("pointerdown", (event) => {
      const map = event.target.closest("[data-map]");
      const [x, y] = [event.clientX, event.clientY];
      if (map) from = { map, x, y, start: [x, y] };
    });
    window.addEventListener("pointermove", (event) => {
      if (!from) return;
      // A hand trembles: only from a few pixels on it is a drag.
      if (Math.hypot(event.clientX - from.start[0], event.clientY - from.start[1]) > 4) dragged = true;
      const box = from.map.viewBox.baseVal;
      const unit = 1 / from.map.getScreenCTM().a; // the picture may be narrower than its frame
      box.x -= (event.clientX - from.x) * unit;
      box.y -= (event.clientY - from.y) * unit;
      Object.assign(from, { x: event.clientX, y: event.clientY });
    });
    window.addEventListener("pointerup", () => {
      from = null;
      setTimeout(() => (dragged = false)); // once the click that ends a drag is over
    });
  }

  // --- what is pressed -------------------------------------------------------------------

  const pressed = {
    card: (button) => {
      const card = document.getElementById(`card-${button.dataset.card}`);
      if (card) show(card, button);
    },
    open: (button) => {
      if (button.matches("[data-point]")) {
        if (dragged) return;
        stand(button); // so that the focus comes back to it
      }
      open(button.dataset.open, button);
    },
    closeSource: hide,
    ask: (button) => send("ask", { question: button.dataset.ask }),
    act: (button) => {
      const { act, id = "", paper, token, kind, value, text, limit } = button.dataset;
      const data = { id };
      if (act === "about") data.papers = [paper];
      if (token) data.token = token;
      if (limit) Object.assign(data, { text, limit: Number(limit) });
      if (kind) Object.assign(data, { kind, value });
      if (act === "new") {
        selected.clear();
        selectionChanged();
      }
      if (["new", "open", "bring_back", "about"].includes(act)) toTab("Chat");
      if (act === "about" && getComputedStyle($("#source")).position === "fixed") hide(); // it lies over the box
      send(act, data);
      if (act === "about") typeIn("#question textarea");
    },
    more: (button) => void more(button),
    save: (button) => {
      const format = $("select", button.parentNode).value;
      location.assign(`download/list/${button.dataset.save}?format=${format}`);
    },
    copy: (button) => copy($(`[data-markdown="${button.dataset.copy}"]`).value, button),
    share: (button) => {
      const address = new URL(location.href);
      address.searchParams.set("c", button.dataset.share);
      copy(address.href, button);
    },
    rename: (button) => {
      const title = prompt("A title for this conversation:", button.dataset.title);
      if (title?.trim()) send("rename", { id: button.dataset.rename, title });
    },
    thumb: (button) => {
      const { id } = button.dataset;
      const was = button.getAttribute("aria-pressed") === "true";
      const tools = button.closest(".tools");
      for (const one of all("[data-thumb]", tools)) one.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(!was));
      const form = $("[data-note]", tools);
      form.hidden = was;
      if (!was) $("input", form).focus();
      rate(id, was ? 0 : Number(button.dataset.thumb), $("input", form).value);
    },
    tab: (button) => {
      toTab(button.dataset.tab);
      if (button.dataset.focus) typeIn(`${button.dataset.focus} textarea`);
    },
    themeToggle: () => {
      const dark = document.body.classList.toggle("dark");
      localStorage.setItem("assistant-theme", dark ? "dark" : "light");
    },
    order: (button) => view({ order: button.dataset.order }),
    offset: (button) => {
      const { order } = $("#shelf [data-view]").dataset;
      view({ order, offset: Number(button.dataset.offset) });
    },
    pick: (button) => {
      if (button.dataset.pick === "none") selected.clear();
      else for (const box of all("[data-select]")) selected.set(box.dataset.select, true);
      selectionChanged();
    },
    selection: (button) => {
      if (!selected.size) return; // of none, "about" would be of all
      send(button.dataset.selection, { papers: [...selected.keys()] });
      if (button.dataset.selection === "remove") selected.clear();
      selectionChanged();
    },
    export: download,
    zoom: (button) => {
      const map = $("[data-map]");
      if (button.dataset.zoom === "all") {
        map.setAttribute("viewBox", WHOLE.join(" "));
        map.style.setProperty("--scale", 1);
      } else zoom(map, button.dataset.zoom === "in" ? 0.7 : 1.4);
    },
    showTopic: (button) => {
      const on = button.getAttribute("aria-pressed") !== "true";
      for (const one of all("[data-show-topic]")) one.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(on));
      for (const point of all("[data-point]"))
        point.classList.toggle("dim", on && point.dataset.topic !== button.dataset.showTopic);
    },
  };

  // What is in the table's rows decides the offset, what is in its head the order.
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !bridge) return;
    for (const menu of all("details.menu[open]"))
      if (!menu.contains(event.target) || event.target.closest("button, a")) menu.open = false;
    const button = event.target.closest(
      "button, a, circle, [data-theme-toggle]",
    );
    if (!button) return;
    for (const [name, value] of Object.entries(button.dataset)) {
      if (name in pressed && value !== undefined) {
        pressed[name](button);
        return;
      }
    }
  });

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches?.("[data-select]")) {
      if (box.checked) selected.set(box.dataset.select, true);
      else selected.delete(box.dataset.select);
      selectionChanged();
    } else if (box.name === "scoped") view();
  });

  const later = {};
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-search]");
    if (!form || event.target.name !== "text") return;
    const what = form.dataset.search;
    clearTimeout(later[what]);
    later[what] = setTimeout(() => {
      if (what === "papers") view();
      else send("find", { text: event.target.value });
    }, 250);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-search]")) event.preventDefault();
    if (form.matches("[data-note]")) {
      event.preventDefault();
      const thumb = $("[data-thumb][aria-pressed=true]", form.closest(".tools"));
      rate(form.dataset.note, Number(thumb?.dataset.thumb ?? 0), form.elements.note.value);
      const button = $("button", form);
      button.textContent = "Kept";
      setTimeout(() => (button.textContent = "Keep note"), 1500);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      toTab("Chat");
      typeIn("#question textarea");
    }
  });

  // --- the beginning ---------------------------------------------------------------------

  const chosen = localStorage.getItem("assistant-theme");
  if (chosen) {
    const apply = () => document.body.classList.toggle("dark", chosen === "dark");
    // Gradio sets the system's theme when it starts; the visitor's own choice goes before it.
    document.addEventListener("DOMContentLoaded", apply);
    const once = new MutationObserver(() => {
      if ($("#bridge") || $("#question")) {
        apply();
        once.disconnect();
      }
    });
    once.observe(document.documentElement, { childList: true, subtree: true });
  }

  function watchNext() {
    const next = $("#next");
    if (!next) return setTimeout(watchNext, 200);
    new MutationObserver(ownSuggestions).observe(next, { childList: true, subtree: true });
  }

  // On a narrow screen the list of conversations would lie over the chat.
  function fold() {
    const [side, toggle] = [$("#sidebar"), $("#sidebar .toggle-button")];
    if (!side || !toggle) return setTimeout(fold, 100);
    if (!side.classList.contains("open")) return;
    toggle.click();
    setTimeout(fold, 300);
  }

  // The box takes a question once the page is filled; whoever opens the page wants to type.
  function beginTyping() {
    const box = $("#question textarea:enabled");
    if (!box) return setTimeout(beginTyping, 50);
    if (document.activeElement === document.body) box.focus({ preventScroll: true });
  }

  function watchShelf() {
    const shelf = $("#shelf");
    if (!shelf) return setTimeout(watchShelf, 200);
    new MutationObserver(selectionChanged).observe(shelf, { childList: true, subtree: true });
  }

  return {
    send,
    list,
    connect(given) {
      bridge = given;
      bridge.watch("value", placed);
      beginTyping();
      if (innerWidth < 800) fold();
      watchLive();
      watchMap();
      watchShelf();
      watchNext();
    },
  };
})();
