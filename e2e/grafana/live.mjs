import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { launch } from '../browser/chromium.mjs';

/*
 * Measures, in a running Grafana and a real browser, how long an event takes to the screen, and that nothing flickers.
 *
 *   GRAFANA_URL=http://127.0.0.1:3000 EVENT='a command that makes one event' node e2e/grafana/live.mjs
 *
 * The command prints when it made the event, in milliseconds since 1970; where it prints nothing, the clock starts when
 * it has ended. DASHBOARD is the dashboard's path and its variables, TIMES how often the event is made. The script exits
 * with 1 if an event took longer than two seconds, a panel went blank or was drawn anew from nothing, or a refresh opened
 * a stream anew.
 */
const { GRAFANA_URL, EVENT, DASHBOARD = '/d/livedora-overview/overview', TIMES = '10' } = process.env;
const LONGEST_MS = 2_000;
const BETWEEN_MS = 4_000;

if (!GRAFANA_URL || !EVENT) {
  throw new Error('GRAFANA_URL and EVENT are needed: see the comment at the top');
}

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
const subscribed = [];
const received = [];
page.on('websocket', (socket) => {
  socket.on('framesent', ({ payload }) => {
    const channel = /"subscribe":\{"channel":"([^"]*\/query\/[^"]*)"/.exec(String(payload))?.[1];
    if (channel) {
      subscribed.push(channel);
    }
  });
  socket.on('framereceived', ({ payload }) => {
    if (/"push":\{"channel":"[^"]*\/query\//.test(String(payload))) {
      received.push(Date.now());
    }
  });
});
const address = new URL(DASHBOARD, GRAFANA_URL);
address.searchParams.set('refresh', '5s');
address.searchParams.set('kiosk', '');
await page.goto(address.href);
await page
  .getByText(/ before| none before/)
  .first()
  .waitFor();
await page.waitForTimeout(10_000);

/** Looks at every picture that the browser draws: when a panel's text changed, and what should not be seen. */
await page.evaluate(() => {
  window.changes = [];
  window.faults = [];
  const before = new Map();
  const isBlank = (canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 3; i < data.length; i += 4 * 97) {
      if (data[i] > 0) {
        return false;
      }
    }
    return true;
  };
  const look = () => {
    const panels = [...document.querySelectorAll('section')].filter((section) => section.querySelector('h2'));
    for (const [n, panel] of panels.entries()) {
      const key = `${n} ${panel.querySelector('h2').textContent}`;
      const now = { text: panel.textContent, canvas: panel.querySelector('canvas') };
      const was = before.get(key);
      if (was && was.text !== now.text) {
        window.changes.push({ at: Date.now(), key });
      }
      if (was && was.canvas !== now.canvas) {
        window.faults.push(`${key}: drawn anew from nothing`);
      }
      if (/No data|Streaming channel error/.test(now.text)) {
        window.faults.push(`${key}: ${now.text}`);
      }
      if (now.canvas?.width && isBlank(now.canvas)) {
        window.faults.push(`${key}: blank`);
      }
      before.set(key, now);
    }
    if (panels.length < before.size) {
      window.faults.push(`${before.size - panels.length} panels are gone`);
    }
    requestAnimationFrame(look);
  };
  look();
});

const opened = subscribed.length;
const took = [];
const sent = [];
for (let n = 0; n < Number(TIMES); n++) {
  await page.evaluate(() => window.changes.splice(0));
  received.length = 0;
  const { stdout } = await promisify(exec)(EVENT);
  const made = Number(stdout.trim()) || Date.now();
  await page.waitForTimeout(BETWEEN_MS);
  const changes = await page.evaluate(() => window.changes);
  took.push(changes.length > 0 ? Math.max(0, changes[0].at - made) : Infinity);
  sent.push(received.length > 0 ? Math.max(0, received[0] - made) : Infinity);
}
const faults = await page.evaluate(() => [...new Set(window.faults)]);
await browser.close();

const at = (share, list) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(share * list.length))];
for (const [what, list] of Object.entries({ 'frame in the browser': sent, 'changed panel': took })) {
  console.log(
    `event to ${what}: half within ${at(0.5, list)} ms, 95 % within ${at(0.95, list)} ms (${list.join(' ')})`
  );
}
console.log(`${opened} streams, ${subscribed.length - opened} opened anew; faults: ${faults.join('; ') || 'none'}`);
process.exitCode = at(1, took) > LONGEST_MS || subscribed.length > opened || faults.length > 0 || opened === 0 ? 1 : 0;
