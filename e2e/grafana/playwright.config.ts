import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PluginOptions } from '@grafana/plugin-e2e';
import { chromium, defineConfig } from '@playwright/test';

/** Playwright's own browser where it is installed, else the one that CHROMIUM_PATH names, or Debian's. */
const executablePath = existsSync(chromium.executablePath())
  ? undefined
  : process.env.CHROMIUM_PATH || '/usr/bin/chromium';

const url = process.env.GRAFANA_URL;
if (!url) {
  throw new Error('GRAFANA_URL names no Grafana: go tool mage demo starts one, and prints its address');
}

/** The way to a Grafana that runs, with the plugin and the provisioned dashboards: the demo's, or one in CI. */
export default defineConfig<PluginOptions>({
  testDir: '.',
  outputDir: '../../.cache/e2e',
  timeout: 120_000, // for machines that are busy with something else
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 1 : 0,
  workers: 1,
  reporter: [['list']],
  use: {
    baseURL: url.replace(/\/$/, ''),
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    viewport: { width: 1280, height: 1000 },
    trace: { mode: 'retain-on-failure', screenshots: false }, // pictures of every step keep a processor busy
    launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu'] },
  },
  projects: [
    {
      name: 'sign in',
      testDir: `${dirname(require.resolve('@grafana/plugin-e2e'))}/auth`,
      testMatch: /auth\.setup\.js/,
    },
    {
      name: 'stories',
      testMatch: /.*\.spec\.ts/,
      dependencies: ['sign in'],
      use: { storageState: 'playwright/.auth/admin.json' },
    },
  ],
});
