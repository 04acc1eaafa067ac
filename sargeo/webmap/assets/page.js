"use strict";

/* Bring the page to life: layer switches, opacity, count cells, objects, cursor position.
   pictures: Leaflet layers by key. data: see sargeo/webmap/elements.py. */
function sargeoPage(map, pictures, data) {
  const layers = Object.fromEntries(
    Object.entries(pictures).map(([key, layer]) => [key, pictureControl(layer)]));
  // One canvas for both, since a canvas above would keep clicks from one below.
  const canvas = L.canvas({ padding: 0.2, tolerance: 3 });
  if (data.cells) layers.count = vectorControl(cellLayer(data.cells, data.countRamp, canvas));
  if (data.objects) {
    const group = objectLayer(data.objects, data.objectColours, canvas);
    layers.objects = vectorControl(group);
    // Small where a whole scene is seen, so that many objects do not hide it.
    const resize = () => group.invoke("setRadius", Math.min(Math.max(map.getZoom() - 7, 2), 5));
    map.on("zoomend", resize);
    resize();
  }
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  wirePanel(map, layers);
  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
  showCursor(map, data.cursor);
  new ResizeObserver(() => map.invalidateSize()).observe(map.getContainer());
}

function pictureControl(layer) {
  return { layer, setOpacity: (opacity) => layer.setOpacity(opacity) };
}

function vectorControl(group) {
  return {
    layer: group,
    setOpacity: (opacity) => group.setStyle({ opacity, fillOpacity: opacity }),
  };
}

function wirePanel(map, layers) {
  for (const [key, { layer, setOpacity }] of Object.entries(layers)) {
    const box = document.querySelector(`input[data-layer="${key}"]`);
    const slider = document.querySelector(`input[data-opacity="${key}"]`);
    const show = () => {
      if (box.checked) layer.addTo(map); else layer.remove();
      // Objects stay above cells whichever was switched on last.
      if (layers.objects && map.hasLayer(layers.objects.layer)) layers.objects.layer.bringToFront();
    };
    const fade = () => setOpacity(slider.value / 100);
    box.addEventListener("change", show);
    slider.addEventListener("input", fade);
    // Browsers restore controls when a page is loaded again.
    fade();
    show();
  }
}

function cellLayer(cells, ramp, renderer) {
  const colourOf = (count) => ramp.find(([upper]) => count <= upper)[1];
  return L.featureGroup(cells.counts.map((count, i) => {
    const c = cells.corners[i];
    const ring = [[c[0], c[1]], [c[2], c[3]], [c[4], c[5]], [c[6], c[7]]];
    return L.polygon(ring, { renderer, weight: 0.5, color: "#333", fillColor: colourOf(count) })
      .bindPopup(() => popup("Cell", [
        ["Objects", count],
        ["Valid pixels", `${cells.valid[i]} %`],
      ]));
  }));
}

function objectLayer(objects, colours, renderer) {
  return L.featureGroup(objects.lon.map((lon, i) =>
    L.circleMarker([objects.lat[i], lon], {
      renderer, weight: 1, color: "#fff", fillColor: colours[objects.kind[i]],
    }).bindPopup(() => popup(objects.kinds[objects.kind[i]], [
      ["Confidence", `${(100 * objects.confidence[i]).toFixed(0)} %`],
      ["Length", objects.length[i] === null ? "not known" : `${objects.length[i]} m`],
      ["Position", degrees(L.latLng(objects.lat[i], lon))],
    ]))));
}

/* Text goes in as text, never as HTML. */
function popup(title, rows) {
  const root = document.createElement("div");
  const heading = root.appendChild(document.createElement("p"));
  heading.className = "popup-title";
  heading.textContent = title;
  const table = root.appendChild(document.createElement("table"));
  table.className = "popup-table";
  for (const values of rows) {
    const row = table.insertRow();
    for (const value of values) row.insertCell().textContent = value;
  }
  return root;
}

function degrees(latlng) {
  const { lat, lng } = latlng.wrap();
  const part = (value, positive, negative) =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
  return `${part(lat, "N", "S")}, ${part(lng, "E", "W")}`;
}

function showCursor(map, cursor) {
  const place = document.getElementById("cursor");
  const show = (parts) => place.replaceChildren(...parts.map((text) => {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  }));
  map.on("mousemove", ({ latlng }) => show([degrees(latlng), ...scenePosition(cursor, latlng)]));
}

/* Coordinates in the scene's CRS, and row and column; nothing outside of the scene. */
function scenePosition(cursor, latlng) {
  const [left, bottom, right, top] = cursor.box;
  const { x, y } = L.Projection.SphericalMercator.project(latlng);
  const down = (top - y) / (top - bottom);
  const across = (x - left) / (right - left);
  if (!(down >= 0 && down <= 1 && across >= 0 && across <= 1)) return [];
  const row = between(cursor.rows, down, across);
  const col = between(cursor.cols, down, across);
  const [height, width] = cursor.shape;
  if (!(row >= 0 && row < height && col >= 0 && col < width)) return [];
  const [a, b, c, d, e, f] = cursor.transform;
  const metres = (value) => value.toFixed(0);
  const parts = [`row ${Math.floor(row)}, column ${Math.floor(col)}`];
  if (cursor.crs) {
    parts.unshift(`${cursor.crs}: ${metres(a * col + b * row + c)}, ${metres(d * col + e * row + f)}`);
  }
  return parts;
}

/* Bilinear value of a square lattice at shares of its height and width. */
function between(lattice, down, across) {
  const last = lattice.length - 1;
  const [r, c] = [down * last, across * last];
  const [i, j] = [Math.min(Math.floor(r), last - 1), Math.min(Math.floor(c), last - 1)];
  const level = (row) => row[j] + (c - j) * (row[j + 1] - row[j]);
  return level(lattice[i]) + (r - i) * (level(lattice[i + 1]) - level(lattice[i]));
}
