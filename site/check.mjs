// Every link of the built site, and every picture, leads to what is there, down to the heading. What lies elsewhere is not asked.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../.cache/site');
const pages = readdirSync(root, { recursive: true }).filter((name) => name.endsWith('.html'));
const read = new Map();
const text = (file) => read.get(file) ?? read.set(file, readFileSync(file, 'utf8')).get(file);

/** The file that an address of the site is. */
function fileOf(page, address) {
  const to = address.startsWith('/') ? path.join(root, address) : path.join(root, path.dirname(page), address);
  return [to, `${to}.html`, path.join(to, 'index.html')].find((file) => existsSync(file) && statSync(file).isFile());
}

let links = 0;
const faults = [];
for (const page of pages) {
  for (const [, written] of text(path.join(root, page)).matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    if (/^(\w+:|\/\/)/.test(written)) {
      continue;
    }
    links++;
    const [address, fragment] = written.replaceAll('&amp;', '&').split('#');
    const file = address ? fileOf(page, address) : path.join(root, page);
    const within = fragment && file?.endsWith('.html') && !text(file).includes(`id="${decodeURIComponent(fragment)}"`);
    if (!file || within) {
      faults.push(`${page} leads to ${written}`);
    }
  }
}
console.log(`${pages.length} pages, ${links} links`);
if (pages.length < 50 || links < 1000 || faults.length > 0) {
  console.error(faults.join('\n') || 'the site is not whole');
  process.exit(1);
}
