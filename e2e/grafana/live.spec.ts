import { expect, test } from '@grafana/plugin-e2e';
import type { Locator, Page } from '@playwright/test';
import { repository, told } from './told';

function tile(page: Page, title: string): Locator {
  return page.getByTestId(`data-testid Panel header ${title}`).first();
}

test('deployments change the tile of whoever looks, without a reload', async ({ gotoDashboardPage, page }) => {
  const source = await told(page.request);
  try {
    await source.post(...Array.from({ length: 12 }, (_, i) => `${i + 1}`)); // so many that no tile says that it rests on few
    await gotoDashboardPage({
      uid: 'livedora-overview',
      queryParams: new URLSearchParams({ 'var-datasource': source.uid, 'var-service': repository, refresh: '' }),
    });
    const frequency = tile(page, 'Deployments');
    await expect(frequency).toContainText(/12\s*deployments/);

    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/api/ds/query') && asked.push(request.url()));
    page.on('load', () => asked.push('the page again'));
    await source.post('13');
    await expect(frequency).toContainText(/13\s*deployments/);
    await source.sendWebhook('14');
    await expect(frequency).toContainText(/14\s*deployments/);
    expect(asked, 'all came through Grafana Live').toEqual([]);

    await test.step('that they are live leaves room for the titles of tiles', async () => {
      for (const title of ['Deployments', 'Lead time', 'Failure rate', 'Recovery time', 'Rework']) {
        const heading = tile(page, title).getByRole('heading', { name: title });
        const [whole, shown] = await heading.evaluate((h) => [h.scrollWidth, h.clientWidth]);
        expect(shown, title).toBeGreaterThanOrEqual(whole);
      }
    });
  } finally {
    await source.takeAway();
  }
});
