// Explorers: figures that a reader moves. The page carries tables, which the package computed; this only shows
// the row that the controls name. An element that defines itself: it works wherever it is put, and whenever.
"use strict";
(() => {
  if (customElements.get("slopes-explorer")) return;

  let count = 0;
  const fill = (template, now) => template.replace(/\{(\w+)\}/g, (all, name) => now[name] ?? all);
  const words = (template, now) => fill(template, now).replace(/-(?=\d)/g, "−");

  // The raised figures of a face are too small to read: a number ends in a real exponent.
  const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
  const write = (node, text) => {
    const [, base, power] = text.match(`^(.*?)([${RAISED}]*)$`);
    node.textContent = base;
    if (!power) return;
    const drawn = node.matches("text");
    const raised = document.createElementNS(node.namespaceURI, drawn ? "tspan" : "sup");
    raised.textContent = power.replace(/./g, (figure) => "−0123456789"[RAISED.indexOf(figure)]);
    if (drawn) raised.setAttribute("class", "up"), raised.setAttribute("dy", "-.5em");
    node.append(raised);
  };

  class Explorer extends HTMLElement {
    connectedCallback() {
      const data = this.querySelector("script[type='application/json']");
      if (this.data || !data) return;
      this.data = JSON.parse(data.textContent);
      this.controls = [...this.querySelectorAll(".slide > input, fieldset")];
      this.parts = [...this.querySelectorAll("[data-set], [data-text]")].map((node) => [
        node,
        node.dataset.text,
        (node.dataset.set || "").split(";").map((pair) => pair.split(/:\s*(.*)/s)),
      ]);
      // Radio buttons with one name are one choice on the whole page, of which only one was left chosen.
      count += 1;
      for (const radio of this.querySelectorAll("[type=radio]")) {
        radio.name += `-${count}`;
        radio.checked = radio.defaultChecked;
      }
      this.addEventListener("input", (event) => {
        if (event.target === this.controls[0]) this.halt();
        this.show();
      });
      this.addEventListener("click", (event) => this.press(event.target.dataset.go));
      const handle = this.querySelector("[data-drag]");
      if (handle) this.follow(handle);
      this.show();
      this.dataset.live = "";
    }

    // Where a control stands: of a slider its position, of a choice which is chosen.
    place(control) {
      if (control.matches("input")) return +control.value;
      return [...control.querySelectorAll("input")].findIndex((radio) => radio.checked);
    }

    state(places) {
      const now = {};
      for (const { steps, columns } of this.data.tables) {
        const row = steps.reduce((sum, step, k) => sum + step * places[k], 0);
        for (const name in columns) now[name] = columns[name][row];
      }
      return now;
    }

    show() {
      const now = this.state(this.controls.map(this.place));
      for (const [node, text, pairs] of this.parts) {
        if (text !== undefined) write(node, words(text, now));
        else for (const [name, value] of pairs) node.setAttribute(name.trim(), fill(value, now));
      }
      for (const slider of this.querySelectorAll(".slide > input")) {
        slider.setAttribute("aria-valuetext", words(this.data.say, now));
      }
    }

    // The point follows the finger: the first slider goes where its column is nearest.
    follow(handle) {
      const svg = handle.closest("[role=img]"), slider = this.controls[0], column = handle.dataset.drag;
      const move = (event) => {
        const there = new DOMPoint(event.clientX, event.clientY).matrixTransform(handle.getScreenCTM().inverse());
        const others = this.controls.slice(1).map(this.place);
        const far = (place) => Math.abs(this.state([place, ...others])[column] - there.x);
        let best = 0;
        for (let place = 1; place <= slider.max; place += 1) if (far(place) < far(best)) best = place;
        this.settle(best);
      };
      svg.addEventListener("pointerdown", (event) => {
        svg.setPointerCapture(event.pointerId);
        move(event);
      });
      svg.addEventListener("pointermove", (event) => svg.hasPointerCapture(event.pointerId) && move(event));
    }

    // Whoever moves the first slider ends a glide that is under way.
    halt() {
      cancelAnimationFrame(this.gliding);
      this.gliding = 0;
    }

    // The first slider stands at a place at once.
    settle(place) {
      this.halt();
      this.controls[0].value = place;
      this.show();
    }

    // A button sends the first slider to a place, or to where a column says: what a step leaves over between two
    // places counts in the next one, so that short steps add up; a glide that is under way is finished first.
    press(go) {
      if (!go) return;
      if (this.gliding) this.settle(Math.round(this.exact));
      const slider = this.controls[0], start = +slider.value, since = performance.now();
      const next = this.state(this.controls.map(this.place))[go];
      const from = Math.round(this.exact) === start ? this.exact : start;
      const target = next === undefined ? +go : Math.min(Math.max(from + (next - start), 0), slider.max);
      this.exact = target;
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const glide = (time) => {
        const part = still ? 1 : Math.min(1, (time - since) / 350);
        slider.value = Math.round(start + (target - start) * part * (2 - part));
        this.show();
        this.gliding = part < 1 ? requestAnimationFrame(glide) : 0;
      };
      this.gliding = requestAnimationFrame(glide);
    }
  }

  customElements.define("slopes-explorer", Explorer);
})();
