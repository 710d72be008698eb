import { expect, test } from '@grafana/plugin-e2e';
import type { Locator, Page } from '@playwright/test';

const dataSource = 'Live DORA';

test('a query in a new panel is answered, and says what it computes', async ({ dashboardPage, page }) => {
  await dashboardPage.goto();
  const panel = await dashboardPage.addPanel();
  await panel.datasource.set(dataSource);
  await panel.setVisualization('Table');
  const row = panel.getQueryEditorRow('A');
  await row.getByLabel('Metric', { exact: true }).click();
  await page.getByRole('option', { name: 'Change lead time' }).click();
  await expect(row.getByRole('status')).toContainText('Median change lead time');
  await expect(panel.refreshPanel()).toBeOK();
  await expect(panel.panel.fieldNames).toContainText(['Change lead time, median']);
});

test('Explore draws a graph of what its editor asks for, and lists events in a table', async ({
  explorePage,
  page,
}) => {
  await explorePage.goto();
  await explorePage.datasource.set(dataSource);
  const row = explorePage.getQueryEditorRow('A');
  await expect(row.getByRole('status')).toContainText('Number of deployments');
  await choose(row, page, 'Metric', 'Change lead time');
  await choose(row, page, 'Per', 'week');
  await expect(row.getByRole('status')).toContainText('Median change lead time'); // each choice asks anew
  await expect(explorePage.timeSeriesPanel.locator.locator('canvas').first()).toBeVisible();
  await expect(explorePage.timeSeriesPanel.locator).toContainText('Change lead time, median');

  await choose(row, page, 'Show', 'Events');
  await expect(row.getByRole('status')).toContainText('A table of deployments');
  await expect(explorePage.tablePanel.fieldNames).toContainText(['finished', 'service', 'environment', 'version']);
  await expect(explorePage.tablePanel.locator).toContainText('example-health');
});

test('Explore says why there is nothing to see of a service that is gone', async ({ explorePage, page }) => {
  const left = {
    datasource: 'livedora',
    queries: [
      {
        refId: 'A',
        version: 1,
        queryType: 'events',
        filters: [{ field: 'service', op: 'in', values: ['deleted-last-week'] }],
      },
    ],
    range: { from: 'now-7d', to: 'now' },
  };
  await explorePage.goto({ queryParams: new URLSearchParams({ left: JSON.stringify(left) }) });
  await page.getByText('1 warning').hover();
  await expect(page.getByText('No service matches the filters.')).toBeVisible();
});

/** Chooses a value of one of the editor's fields. */
async function choose(row: Locator, page: Page, field: string, value: string) {
  await row.getByRole('combobox', { name: field, exact: true }).click();
  await page.getByRole('option', { name: new RegExp(`^${value}`) }).click();
}
