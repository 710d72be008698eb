import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { launch } from './chromium.mjs';
import { openEditor } from './editor.mjs';
import { serve } from './serve.mjs';
import { stories } from './stories.mjs';

/** With SCREENSHOTS=folder each story leaves a picture of how it ended. */
const pictures = process.env.SCREENSHOTS;

/** With STORIES=text only those are told that have it in their title. */
const wanted = process.env.STORIES ?? '';

const server = await serve();
const browser = await launch();
let passed = 0;
let failed = 0;

for (const [name, { editor, value, modes = ['dark'], resources = {}, tell }] of Object.entries(stories).filter(
  ([name]) => name.includes(wanted)
)) {
  for (const mode of modes) {
    const title = modes.length > 1 ? `${name} (${mode})` : name;
    const started = performance.now();
    server.asked.length = 0;
    server.backend.broken = false;
    server.backend.resources = resources;
    let opened;
    try {
      opened = await openEditor(browser, server.address, { editor, value, mode });
      await tell(opened, server);
      if (opened.errors.length > 0) {
        throw new Error(`the console says: ${opened.errors.join('; ')}`);
      }
      passed++;
      console.log(`ok    ${title} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      failed++;
      console.log(`FAIL  ${title}\n${error.stack}\n${opened?.errors.join('\n') ?? ''}`);
    }
    if (pictures && opened) {
      await mkdir(pictures, { recursive: true });
      await opened.page.screenshot({ path: path.join(pictures, `${title}.png`), fullPage: true });
    }
    await opened?.page.close();
  }
}

await browser.close();
await server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
