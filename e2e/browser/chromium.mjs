import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The browser of the system: the one that CHROMIUM_PATH names, or Debian's. */
export async function launch() {
  const executablePath = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`no browser at ${executablePath}: install chromium, or name one in CHROMIUM_PATH`);
  }
  return chromium.launch({ executablePath, args: flags });
}
