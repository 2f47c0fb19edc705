"use strict";
/* page.js: paints the heat maps of a report, and reads values out of maps and
   charts under pointer and arrow keys. All numbers are in the page itself. */
(() => {
const all = (query, at = document) => [...at.querySelectorAll(query)];
const one = (query, at = document) => at.querySelector(query);
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
const night = matchMedia("(prefers-color-scheme: dark)");
const fresh = "http://www.w3.org/2000/svg";
let printing = false;

/* ---- Numbers ---- */

function show(v) {
    if (Number.isNaN(v)) return "not a number";
    if (v === 0) return "0";
    if (!Number.isFinite(v)) return v > 0 ? "infinite" : "-infinite";
    const size = Math.abs(v);
    return size < 1e-3 || size >= 1e6 ? v.toExponential(2).replace("e+", "e")
        : String(Number(v.toPrecision(4)));
}

function raised(power) {
    const digits = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
    return "10" + (power < 0 ? "\u207b" : "") +
        [...String(Math.abs(power))].map(d => digits[d]).join("");
}

/* ---- Colours: straight ways through OKLab, where equal steps look equal ---- */

function colour(L, chroma, hue) {
    const turn = hue * Math.PI / 180;
    return [L, chroma * Math.cos(turn), chroma * Math.sin(turn)];
}

function pixel([L, a, b]) {
    const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (L - 0.0894841775 * a - 1.2914855480 * b) ** 3;
    const byte = v => Math.round(255 * clamp(v <= 0.0031308 ? 12.92 * v
        : 1.055 * v ** (1 / 2.4) - 0.055, 0, 1));
    return (255 << 24 |
        byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s) << 16 |
        byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8 |
        byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)) >>> 0;
}

function palette(isSigned) {
    const dark = night.matches && !printing, colours = new Uint32Array(256);
    const middle = dark ? colour(0.27, 0.01, 260) : colour(0.97, 0.005, 90);
    const ends = dark ? [colour(0.72, 0.15, 250), colour(0.75, 0.16, 55)]
        : [colour(0.45, 0.17, 258), colour(0.56, 0.18, 42)];
    for (let i = 0; i < 256; i++) {
        const t = i / 255, far = Math.abs(2 * t - 1), end = ends[t < 0.5 ? 0 : 1];
        colours[i] = isSigned
            ? pixel(middle.map((v, k) => v + far * (end[k] - v)))
            : pixel(colour(0.2 + 0.73 * t, 0.09 + 0.09 * t, 305 - 205 * t));
    }
    return colours;
}

function css(word) {
    return `rgb(${word & 255} ${word >> 8 & 255} ${word >> 16 & 255})`;
}

/* ---- Charts: the table under each has its numbers ---- */

function scale([low, high, from, to, log]) {
    const at = log ? Math.log : v => v;
    return v => from + (at(v) - at(low)) / (at(high) - at(low)) * (to - from);
}

function chart(figure) {
    const svg = one("svg", figure), box = svg.viewBox.baseVal;
    const read = one(".read", figure), wide = figure.dataset.read === "column";
    const axes = svg.dataset.axes.split(" ").map(Number);
    const x = scale(axes.slice(0, 5)), y = scale(axes.slice(5));
    let rows, names, cursor, at = 0;

    function prepare() {
        if (rows) return;
        names = all("thead th", figure).map(th => th.textContent);
        rows = all("tbody tr", figure).map(tr => {
            const text = [...tr.cells].map(cell => cell.textContent);
            const place = wide ? tr.dataset.x ?? text[0] : text[1];
            return {text, x: x(Number(place)), y: wide ? 0 : y(Number(text[2]))};
        });
        cursor = document.createElementNS(fresh, "path");
        cursor.setAttribute("class", "cursor");
        svg.append(cursor);
    }

    function tell(i) {
        if (!rows.length) return;
        at = clamp(i, 0, rows.length - 1);
        const {text, x: left, y: top} = rows[at];
        read.textContent = wide
            ? `${names[0]} ${text[0]}: ` + text.slice(1).map((v, k) =>
                text.length > 2 ? `${names[k + 1]} ${v}` : v).join(", ")
            : `${text[0]} (${text[1]}, ${text[2]})`;
        cursor.setAttribute("d", wide ? `M${left} ${axes[7]}V${axes[8]}`
            : `M${left - 6} ${top}h12M${left} ${top - 6}v12`);
    }

    svg.addEventListener("pointermove", event => {
        prepare();
        const area = svg.getBoundingClientRect(), unit = box.width / area.width;
        const left = (event.clientX - area.left) * unit;
        const top = (event.clientY - area.top) * unit;
        let best = 0, near = Infinity;
        rows.forEach((row, i) => {
            const far = Math.hypot(row.x - left, wide ? 0 : row.y - top);
            if (far < near) [near, best] = [far, i];
        });
        tell(best);
    });
    svg.addEventListener("focus", () => { prepare(); tell(at); });
    svg.addEventListener("keydown", event => {
        const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10,
            Home: -1e9, End: 1e9}[event.key];
        if (!step) return;
        event.preventDefault();
        prepare();
        tell(at + step);
    });
}

/* ---- Heat maps ---- */

function decode(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text).buffer;
    const bytes = atob(text), out = new Uint8Array(bytes.length);
    for (let i = 0; i < out.length; i++) out[i] = bytes.charCodeAt(i);
    return out.buffer;
}

function map(figure) {
    const about = figure.dataset, isSigned = "signed" in about;
    const triangle = "triangle" in about, wide = about.code === "float";
    const rows = Number(about.rows), columns = Number(about.columns);
    const pool = Number(about.pool), top = Number(about.high);
    const bottom = Number(about.low);
    const floor = isSigned ? bottom : Math.max(bottom, top - 20);
    const canvas = one("canvas", figure), read = one(".read", figure);
    const slider = one("input", figure), select = one("select", figure);
    const sheet = one(".cells", figure), curve = one(".curve", figure);
    const tokens = about.text ? all(`#${about.text} b`) : [];
    const names = kind => all(`.${kind} li`, figure).map(li => li.textContent);
    const rowNames = names("row-names"), columnNames = names("column-names");
    const layers = all(".layer", figure), decoded = [];
    let cells, row = slider ? Number(slider.value) : 0, column = 0;

    const first = i => triangle ? Math.min(i, columns) * (Math.min(i, columns)
        + 1) / 2 + Math.max(i - columns, 0) * columns : i * columns;
    const width = i => triangle ? Math.min(i + 1, columns) : columns;

    function value(i, j) {
        const code = cells[first(i) + j];
        if (wide) return code;
        if (code === 65535) return NaN;
        if (isSigned) return bottom + code / 65534 * (top - bottom);
        return code === 0 ? 0 : code === 65534 ? Infinity
            : 2 ** (bottom + (code - 1) / 65532 * (top - bottom));
    }

    /* 0 to 1, where a value is between the colours; its own place for none */
    function place(v) {
        const p = isSigned ? (v - bottom) / (top - bottom)
            : (Math.log2(v) - floor) / (top - floor);
        return clamp(p, 0, 1);
    }

    function shades(colours) {
        const strange = 0xffff00ff; /* magenta: not a finite number */
        if (wide) return v => !Number.isFinite(v) ? strange
            : v === 0 && !isSigned ? 0 : colours[Math.round(255 * place(v))];
        const table = new Uint32Array(65536);
        for (let code = 0; code < 65535; code++) {
            const part = isSigned ? code / 65534 : Math.max(0, (bottom +
                (code - 1) / 65532 * (top - bottom) - floor) / (top - floor));
            table[code] = colours[Math.round(255 * clamp(part, 0, 1))];
        }
        table[65535] = strange;
        if (!isSigned) [table[0], table[65534]] = [0, strange];
        return code => table[code];
    }

    function draw() {
        const begin = performance.now(), k = select ? select.selectedIndex : 0;
        const buffer = decoded[k] ??= decode(layers[k].textContent);
        cells = wide ? new Float32Array(buffer) : new Uint16Array(buffer);
        const colours = palette(isSigned), shade = shades(colours);

        canvas.width = columns;
        canvas.height = rows;
        const context = canvas.getContext("2d");
        const image = context.createImageData(columns, rows);
        const pixels = new Uint32Array(image.data.buffer);
        for (let i = 0, from = 0; i < rows; i++)
            for (let j = 0, end = width(i); j < end; j++)
                pixels[i * columns + j] = shade(cells[from++]);
        context.putImageData(image, 0, 0);
        about.drawMs = (performance.now() - begin).toFixed(1);

        const stops = Array.from({length: 17}, (_, i) => css(colours[i * 15.9 | 0]));
        one(".ramp", figure).style.background =
            `linear-gradient(90deg, ${stops.join(",")})`;
        one(".low", figure).textContent = isSigned ? show(bottom)
            : (floor > bottom ? "\u2264 " : "") + show(2 ** floor);
        one(".high", figure).textContent = show(isSigned ? top : 2 ** top);
        choose(row);
    }

    const named = (list, i) => list[i * pool] ?? (pool > 1
        ? `${i * pool} to ${i * pool + pool - 1}` : String(i));

    function point(i, j) {
        column = clamp(j, 0, columns - 1);
        i = clamp(i, 0, rows - 1);
        one(".across", figure).style.top = `${(i + 0.5) / rows * 100}%`;
        one(".down", figure).style.left = `${(column + 0.5) / columns * 100}%`;
        const token = tokens[column] ? ` \u201c${tokens[column].textContent}\u201d` : "";
        read.textContent = `${about.rowWord} ${named(rowNames, i)}, ` +
            `${about.columnWord} ${named(columnNames, column)}${token}: ` +
            (column < width(i) ? `${about.valueWord} ${show(value(i, column))}`
                : "nothing, as it comes later");
    }

    /* the text beside a map: how far each step is from the row's mean, so that
       a row that is never 0 tells as much */
    function colourText(line) {
        const seen = line.filter(Number.isFinite);
        const mean = seen.reduce((a, b) => a + b, 0) / (seen.length || 1);
        const far = seen.reduce((a, b) => Math.max(a, Math.abs(b - mean)), 0);
        tokens.forEach((b, j) => {
            const part = (line[j] - mean) / far || 0;
            b.style.setProperty("--v", Math.abs(part).toFixed(3));
            b.className = part < 0 ? "less" : "more";
            b.title = `step ${j}: ${show(line[j])}`;
        });
    }

    function choose(i) {
        row = clamp(i, 0, rows - 1);
        if (slider) {
            slider.value = row;
            slider.parentNode.querySelector("output").textContent =
                named(rowNames, row);
        }
        const line = Array.from({length: width(row)}, (_, j) => value(row, j));
        drawCurve(curve, line, columns, !isSigned, pool, about);
        colourText(line);
    }

    const move = event => {
        const area = sheet.getBoundingClientRect();
        point(Math.floor((event.clientY - area.top) / area.height * rows),
            Math.floor((event.clientX - area.left) / area.width * columns));
    };
    sheet.addEventListener("pointermove", move);
    sheet.addEventListener("click", event => {
        move(event);
        const area = sheet.getBoundingClientRect();
        choose(Math.floor((event.clientY - area.top) / area.height * rows));
    });
    canvas.addEventListener("focus", () => point(row, column));
    canvas.addEventListener("keydown", event => {
        const step = (event.shiftKey ? 10 : 1) * {ArrowUp: -1, ArrowDown: 1,
            ArrowLeft: -1, ArrowRight: 1}[event.key];
        if (!step) return;
        event.preventDefault();
        const vertical = event.key === "ArrowUp" || event.key === "ArrowDown";
        if (vertical) choose(row + step);
        point(row, column + (vertical ? 0 : step));
    });
    slider?.addEventListener("input", () => {
        choose(Number(slider.value));
        point(row, column);
    });
    select?.addEventListener("change", () => { draw(); point(row, column); });

    draw();
    return {draw, figure, go(layer, i) {
        if (select) select.selectedIndex = layer;
        row = Math.floor(i / pool);
        draw();
        point(row, column);
    }};
}

/* The least of 1, 2, 5 times a power of ten that is no smaller. */
function round(size) {
    const power = 10 ** Math.floor(Math.log10(size));
    return [1, 2, 5, 10].find(k => k * power >= size * 0.999) * power;
}

/* The values of one row of a map as a line. */
function drawCurve(svg, line, columns, log, pool, about) {
    const left = 46, right = 352, high = 26, low = 180;
    const at = v => log ? Math.log10(v) : v;
    const seen = line.filter(v => Number.isFinite(v) && (!log || v > 0)).map(at);
    let least = seen.length ? seen.reduce((a, b) => Math.min(a, b)) : 0;
    let most = seen.length ? seen.reduce((a, b) => Math.max(a, b)) : 1;
    if (log) [least, most] = [Math.floor(least), Math.ceil(most)];
    if (least === most) [least, most] = [least - 1, most + 1];

    const x = j => left + (right - left) * j / Math.max(columns - 1, 1);
    const y = v => low - (low - high) * (at(v) - least) / (most - least);
    let path = "", pen = "M";
    line.forEach((v, j) => {
        if (!Number.isFinite(v) || (log && v <= 0)) { pen = "M"; return; }
        path += `${pen}${x(j).toFixed(1)} ${y(v).toFixed(1)}`;
        pen = "L";
    });

    let inner = "";
    const every = log ? Math.ceil((most - least) / 5) : round((most - least) / 4);
    const begin = log ? least : Math.ceil(least / every - 1e-9) * every;
    for (let v = begin; v <= most + 1e-9 * every; v += every) {
        const top = low - (low - high) * (v - least) / (most - least);
        inner += `<path class="grid" d="M${left} ${top}H${right}"/><text x="${left
            - 8}" y="${top + 4}" text-anchor="end">${log ? raised(v)
            : Number((Math.abs(v) < 1e-3 * (most - least) ? 0 : v).toPrecision(3))}</text>`;
    }
    for (let k = 0; k <= 4; k++) {
        const j = Math.round((columns - 1) * k / 4);
        inner += `<text x="${x(j)}" y="${low + 18}" text-anchor="middle">${j *
            pool}</text>`;
    }
    svg.innerHTML = inner + `<path class="axis" d="M${left} ${low}H${right}"/>` +
        `<path class="line s0" d="${path}"/>`;
    const label = (text, place) => {
        const word = document.createElementNS(fresh, "text");
        for (const name in place) word.setAttribute(name, place[name]);
        word.textContent = text;
        svg.append(word);
    };
    label(about.valueWord, {class: "label", x: 0, y: 12});
    label(about.columnLabel,
        {class: "label", x: right, y: 213, "text-anchor": "end"});
}

/* ---- The page ---- */

const maps = all("figure.map").map(map);
const repaint = () => maps.forEach(m => m.draw());
all("figure.chart").forEach(chart);
night.addEventListener("change", repaint);
addEventListener("beforeprint", () => { printing = true; repaint(); });
addEventListener("afterprint", () => { printing = false; repaint(); });

all("button[data-row]").forEach(button => button.addEventListener("click", () => {
    const target = maps.find(m => m.figure.closest(".level") ===
        button.closest(".level"));
    target?.go(0, Number(button.dataset.row));
}));

/* the section that is read is marked in the list of sections */
const links = new Map(all("nav a").map(a => [a.hash.slice(1), a]));
const watcher = new IntersectionObserver(entries => entries.forEach(entry => {
    if (!entry.isIntersecting) return;
    links.forEach(a => a.removeAttribute("aria-current"));
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
}), {rootMargin: "-10% 0px -80% 0px"});
all("main section").forEach(section => watcher.observe(section));
document.documentElement.dataset.ready = "true";
})();
