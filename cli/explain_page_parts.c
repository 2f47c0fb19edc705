/*
 * explain_page_parts.c: what every page of `elman explain` has: its style, its
 * body and the script that draws it. The script reads the lesson as JSON and
 * nothing else; no line of it depends on the cell.
 */
#include "explain_page.h"

#include <stddef.h>

const char *const page_style[] = {
    ":root { color-scheme: light dark; --back: #fff; --text: #1c1c1c;",
    "  --dim: #666; --line: #bbb; --box: #f4f4f4; --mark: #0b66c3;",
    "  --plus: 11,102,195; --minus: 200,60,20 }",
    "@media (prefers-color-scheme: dark) { :root { --back: #16181c;",
    "  --text: #e6e6e6; --dim: #9aa0a6; --line: #4a4f57; --box: #22252b"
    ";",
    "  --mark: #6db3ff; --plus: 109,179,255; --minus: 255,140,90 } }",
    "body { margin: 0 auto; max-width: 60rem; padding: 1rem; background"
    ": var(--back);",
    "  color: var(--text); font: 1rem/1.5 system-ui, sans-serif }",
    "h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin"
    ": 1.5rem 0 .3rem }",
    "p { margin: .3rem 0 } .dim { color: var(--dim) }",
    "nav { position: sticky; top: 0; z-index: 1; background: var(--back"
    "); padding: .5rem 0;",
    "  display: flex; gap: .6rem; align-items: center; flex-wrap: wrap "
    "}",
    "nav input { flex: 1; min-width: 8rem; accent-color: var(--mark) }",
    "button, select { font: inherit; color: inherit; background: var(--"
    "box);",
    "  border: 1px solid var(--line); border-radius: .3rem; padding: .2"
    "rem .7rem }",
    ":focus-visible { outline: 2px solid var(--mark); outline-offset: 2"
    "px }",
    "svg { display: block; width: 100%; height: auto }",
    "#cell, #steps { overflow-x: auto } #cell svg { min-width: 40rem }",
    "svg text { fill: var(--text); font: 13px system-ui, sans-serif; te"
    "xt-anchor: middle }",
    "svg .small { font-size: 11px; fill: var(--dim) }",
    "svg rect { stroke: var(--line); fill: var(--box) }",
    "svg .under { fill: var(--back) } h3 { font-size: 1rem; margin: 1re"
    "m 0 .3rem }",
    "svg .now { stroke: var(--mark); stroke-width: 2 }",
    "svg path { fill: none; stroke: var(--line); stroke-width: 1.3 }",
    "svg path.back { stroke: var(--mark); stroke-dasharray: 5 3 }",
    ".equation { margin: .7rem 0 } .equation b { font-family: ui-monosp"
    "ace, monospace;",
    "  font-weight: 600; color: var(--mark) }",
    ".equation div { font-family: ui-monospace, monospace; font-size: ."
    "85rem;",
    "  overflow-wrap: anywhere; padding-left: 1rem }",
    "table { border-collapse: collapse; font-size: .85rem }",
    "td, th { border: 1px solid var(--line); padding: .15rem .5rem; tex"
    "t-align: right }",
    ".wide { overflow-x: auto }",
    "@media print { nav { display: none } }",
    NULL,
};

const char *const page_body[] = {
    "<nav><button id=\"back\" aria-label=\"one step back\">&larr;</butt"
    "on>",
    "<input id=\"place\" type=\"range\" min=\"0\" value=\"0\" aria-labe"
    "l=\"where in the pass\">",
    "<button id=\"on\" aria-label=\"one step on\">&rarr;</button>",
    "<select id=\"unit\" aria-label=\"unit shown\"></select></nav>",
    "<p class=\"dim\">The slider and the arrow keys go through the step"
    "s: forward, the loss, backward,",
    "and the sums. The drawing shows one unit; the equations below it a"
    "ll of them.</p>",
    "<noscript><p>This page draws itself with a script of its own, whic"
    "h is switched off here.</p></noscript>",
    "<div id=\"steps\"></div><div id=\"cell\"></div>",
    "<h2 id=\"title\" aria-live=\"polite\"></h2><div id=\"equations\"><"
    "/div>",
    "<h2>What each step added to all gradients together</h2>",
    "<p class=\"dim\">Along the whole gradient; all add up to 100 %.</p>"
    "<div class="
    "\"wide\"><table id=\"shares\"></table></div>",
    "<h2>Weights and input</h2><div class=\"wide\"><table id=\"inputs\""
    "></table></div>",
    NULL,
};

const char *const page_script[] = {
    "'use strict';",
    "const data = JSON.parse(document.getElementById('data').textConten"
    "t);",
    "const T = data.steps, H = data.hidden, values = data.values;",
    "const at = id => document.getElementById(id);",
    "let place = 0, unit = 0;",
    "",
    "// a number as the equations have it",
    "function short(v) {",
    "  const size = Math.abs(v);",
    "  if (v === null) return '?';",
    "  if (size && size < 1e-4) return v.toExponential(3);",
    "  return String(size < 1 ? +v.toPrecision(4) : +v.toFixed(4));",
    "}",
    "",
    "// number j of a name at step t; undefined if there is none",
    "function value(name, t, j) {",
    "  if (values[name]) return values[name][t][Math.min(j, values[name"
    "][t].length - 1)];",
    "  if (!name.endsWith('_prev') || !values[name.slice(0, -5)]) retur"
    "n undefined;",
    "  return t ? value(name.slice(0, -5), t - 1, j) : 0;",
    "}",
    "",
    "// ---- The cell as a graph: a box for each equation, by depth",
    "const boxes = {}, arrows = [], columns = [];",
    "function place_box(name, column) {",
    "  columns[column] = columns[column] || [];",
    "  boxes[name] = {column, row: columns[column].length};",
    "  columns[column].push(name);",
    "}",
    "for (const e of data.forward) {",
    "  const from = [...new Set(e.right.match(/[A-Za-z_]+/g))].filter(n"
    "ame =>",
    "    name !== e.left && value(name, 0, 0) !== undefined);",
    "  for (const name of from) if (!boxes[name]) place_box(name, 0);",
    "  place_box(e.left, 1 + Math.max(...from.map(name => boxes[name].c"
    "olumn)));",
    "  for (const name of from) arrows.push([name, e.left]);",
    "}",
    "const tallest = Math.max(...columns.map(c => c.length));",
    "const WIDE = 96, HIGH = 44, GAP = 70;",
    "const width = columns.length * (WIDE + GAP) - GAP + 20, height = t"
    "allest * (HIGH + 18) + 10;",
    "for (const name in boxes) {",
    "  const box = boxes[name], count = columns[box.column].length;",
    "  box.x = 10 + box.column * (WIDE + GAP);",
    "  box.y = 5 + (box.row + .5) * (height - 10) / count - HIGH / 2;",
    "}",
    "",
    "// gradients are tinted by the largest dh, values as they are",
    "const most = Math.max(1e-30, ...values.dh.flat().map(Math.abs));",
    "function tint(v, scale = 1) {",
    "  const part = Math.min(1, Math.abs(v) / scale) * .55;",
    "  return `style=\"fill:rgba(var(--${v < 0 ? 'minus' : 'plus'}),${p"
    "art.toFixed(3)})\"`;",
    "}",
    "",
    "// the unit's numbers of step t; going back, the gradients",
    "function draw_cell(t, back) {",
    "  let out = `<svg viewBox=\"0 0 ${width} ${height}\" role=\"img\" "
    "aria-label=\"` +",
    "    `${data.title} at step ${t}: ${back ? 'gradients' : 'values'} "
    "of unit ${unit}\">` +",
    "    `<title>unit ${unit} at step ${t}</title>`;",
    "  for (const [a, b] of arrows) {",
    "    const p = boxes[a], q = boxes[b];",
    "    const x = p.x + WIDE, y = p.y + HIGH / 2, u = q.x, v = q.y + H"
    "IGH / 2, m = (x + u) / 2;",
    "    out += `<path class=\"${back ? 'back' : ''}\" d=\"M${x} ${y}C$"
    "{m} ${y} ${m} ${v} ${u} ${v}\"/>`;",
    "  }",
    "  for (const name in boxes) {",
    "    const box = boxes[name], shown = back ? 'd' + name : name;",
    "    let v = back ? (values[shown] ? value(shown, t, unit) : undefi"
    "ned) : value(name, t, unit);",
    "    const text = v === undefined ? '' : short(v);",
    "    const size = `x=\"${box.x}\" y=\"${box.y}\" width=\"${WIDE}\" "
    "height=\"${HIGH}\" rx=\"6\"`;",
    "    out += `<g><title>${shown} = ${text}</title><rect class=\"unde"
    "r\" ${size}/>` +",
    "      `<rect ${size} ${v === undefined ? '' : tint(v, back ? most "
    ": 1)}/>` +",
    "      `<text class=\"small\" x=\"${box.x + WIDE / 2}\" y=\"${box.y"
    " + 16}\">${shown}</text>` +",
    "      `<text x=\"${box.x + WIDE / 2}\" y=\"${box.y + 34}\">${text}"
    "</text></g>`;",
    "  }",
    "  return out + '</svg>';",
    "}",
    "",
    "// all steps in a row, where the gradient has been, and where we a"
    "re",
    "function draw_steps(now, back) {",
    "  const step = Math.max(60, Math.min(120, 900 / T));",
    "  let out = `<svg style=\"max-width:${T * step + 10}px\" viewBox="
    "\"0 0 ${T * step + 10} 64\" ` +",
    "    `role=\"img\" aria-label=\"step ${now} of ${T}, ${back ? 'back"
    "ward' : 'forward'}\">`;",
    "  for (let t = 0; t < T; t++) {",
    "    const x = 5 + t * step, seen = back ? t >= now : t <= now;",
    "    const v = value(back ? 'dh' : 'h', t, unit);",
    "    out += `<rect class=\"${t === now ? 'now' : ''}\" x=\"${x}\" y"
    "=\"8\" width=\"${step - 22}\" ` +",
    "      `height=\"46\" rx=\"6\" ${seen ? tint(v, back ? most : 1) : "
    "''}/>` +",
    "      `<text class=\"small\" x=\"${x + (step - 22) / 2}\" y=\"26\""
    ">step ${t}</text>` +",
    "      `<text x=\"${x + (step - 22) / 2}\" y=\"44\">${seen ? short("
    "v) : ''}</text>`;",
    "    if (t + 1 < T) {",
    "      const a = x + step - 20, b = x + step - 4;",
    "      out += back ? `<path class=\"back\" d=\"M${b} 31H${a}m5 -4l-"
    "5 4l5 4\"/>`",
    "                  : `<path d=\"M${a} 31H${b}m-5 -4l5 4l-5 4\"/>`;",
    "    }",
    "  }",
    "  return out + '</svg>';",
    "}",
    "",
    "function escape(text) {",
    "  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');",
    "}",
    "",
    "function write_equations(rows, t) {",
    "  return rows.map(e => `<div class=\"equation\"><b>${escape(e.left"
    ")} = ${escape(e.right)}</b> ` +",
    "    `<span class=\"dim\">${escape(e.says)}</span>` + e.steps[t].ma"
    "p((text, j) =>",
    "      `<div>${e.left}${e.steps[t].length > 1 ? `[${j}]` : ''} = ${"
    "escape(text)} = ` +",
    "      `${short(values[e.left][t][j])}</div>`).join('') + '</div>')"
    ".join('');",
    "}",
    "",
    "function write_loss() {",
    "  const h = values.h[T - 1], y = short(data.target);",
    "  const sum = h.map(v => `(${short(v)} - ${y})²`).join(' + ');",
    "  return '<div class=\"equation\"><b>L = the mean of (h - target)²"
    "</b><div>L = ' +",
    "    `${H > 1 ? `(${sum}) / ${H}` : sum} = ${short(data.loss)}</div"
    "></div>` +",
    "    '<div class=\"equation\"><b>dy = 2 (h - target) / H</b>' + h.m"
    "ap((v, j) =>",
    "      `<div>dy${H > 1 ? `[${j}]` : ''} = 2 × (${short(v)} - ${y}) "
    "/ ${H} = ` +",
    "      `${short(values.dy[T - 1][j])}</div>`).join('') + '</div>';",
    "}",
    "",
    "// the gradient of each weight, as the sum of what the steps add",
    "function write_sums() {",
    "  return data.weights.map(w => {",
    "    const checked = w.difference !== undefined;",
    "    const largest = Math.max(1e-30, ...w.steps.flat().map(Math.abs"
    "));",
    "    let out = `<h3>d${w.name} = the sum over t of ${w.left} ${w.ri"
    "ght}${w.name[0] ===",
    "      'W' ? '^T' : ''}</h3><div class=\"wide\"><table><tr><th>`;",
    "    for (let t = 0; t < T; t++) out += `<th>step ${t}`;",
    "    out += '<th>sum' + (checked ? '<th>by differences' : '');",
    "    w.gradient.forEach((g, k) => {",
    "      const name = w.name[0] === 'W' ?",
    "        `${Math.floor(k / w.columns)},${k % w.columns}` : k;",
    "      out += `<tr><th>[${name}]`;",
    "      for (let t = 0; t < T; t++) out += `<td ${tint(w.steps[t][k]"
    ", largest)}>${short(w.steps[t][k])}`;",
    "      out += `<td><b>${short(g)}</b>` + (checked ? `<td>${short(w."
    "difference[k])}` : '');",
    "    });",
    "    return out + '</table></div>';",
    "  }).join('');",
    "}",
    "",
    "function show() {",
    "  const back = place > T, sums = place === 2 * T + 1;",
    "  const t = sums ? 0 : place < T ? place : place === T ? T - 1 : 2"
    " * T - place;",
    "  const title = sums ? 'Gradients of the weights: each step adds i"
    "ts part'",
    "    : place === T ? 'The loss' : `${back ? 'Backward' : 'Forward'}"
    ", step ${t}`;",
    "  at('steps').innerHTML = draw_steps(t, back);",
    "  at('cell').innerHTML = draw_cell(t, back);",
    "  at('title').textContent = title;",
    "  at('equations').innerHTML = sums ? write_sums() : place === T ? "
    "write_loss()",
    "    : write_equations(back ? data.backward : data.forward, t);",
    "  at('place').value = place;",
    "  at('place').setAttribute('aria-valuetext', title);",
    "}",
    "",
    "function go(to) {",
    "  place = Math.max(0, Math.min(2 * T + 1, to));",
    "  show();",
    "}",
    "",
    "at('place').max = 2 * T + 1;",
    "at('place').addEventListener('input', e => go(+e.target.value));",
    "at('back').addEventListener('click', () => go(place - 1));",
    "at('on').addEventListener('click', () => go(place + 1));",
    "for (let j = 0; j < H; j++) at('unit').add(new Option(`unit ${j}`,"
    " j));",
    "at('unit').addEventListener('change', e => { unit = +e.target.valu"
    "e; show(); });",
    "document.addEventListener('keydown', e => {",
    "  if (e.target.id === 'place' || e.target.id === 'unit') return;",
    "  if (e.key === 'ArrowRight') go(place + 1);",
    "  else if (e.key === 'ArrowLeft') go(place - 1);",
    "  else if (e.key === 'Home') go(0);",
    "  else if (e.key === 'End') go(2 * T + 1);",
    "  else return;",
    "  e.preventDefault();",
    "});",
    "at('shares').innerHTML = data.shares.map((s, t) => `<tr><th>step $"
    "{t}<td>` +",
    "  `${(100 * s).toFixed(1)} %<td style=\"text-align:left\"><span st"
    "yle=\"display:inline-block;` +",
    "  `height:.8em;width:${(Math.min(1, Math.abs(s)) * 16).toFixed(2)}"
    "rem;` +",
    "  `background:rgb(var(--${s < 0 ? 'minus' : 'plus'}))\"></span>`)."
    "join('');",
    "at('inputs').innerHTML = data.weights.map(w => `<tr><th>${w.name}<"
    "td style=\"text-align:left\">` +",
    "  Array.from({length: w.rows}, (_, r) => w.values.slice(r * w.colu"
    "mns, (r + 1) * w.columns)",
    "    .map(short).join(', ')).join('<br>')).join('') + '<tr><th>x<td"
    " style=\"text-align:left\">' +",
    "  values.x.map((x, t) => `step ${t}: ${x.map(short).join(', ')}`)."
    "join('<br>');",
    "go(+location.hash.slice(1) || 0); // page.html#3 begins there",
    NULL,
};
