import { TextLink } from '@grafana/ui';
import React from 'react';
import { Source } from '../settings/settings';
import { holdsAnywhere, systemOf, valueAt } from '../settings/systems';

/** Leads to where GitHub makes a token, or an App, with the right permissions ticked. Nothing where it is not known where. */
export function TokenLink({ source, way }: { source: Source; way: string }) {
  const app = way === 'app';
  const page = pageFor(source, app);
  return page === undefined ? null : (
    <TextLink href={page} external inline variant="bodySmall">
      {app ? 'Create a GitHub App' : 'Create a token'} with the right permissions
    </TextLink>
  );
}

export function pageFor(source: Source, app: boolean): string | undefined {
  const site = siteOf(valueAt(source, 'url') as string | undefined);
  if (site === undefined) {
    return undefined;
  }
  const permissions = permissionsFor(source);
  if (app) {
    return `${site}/settings/apps/new?${new URLSearchParams({ name: 'Live DORA', public: 'false', webhook_active: 'false', ...permissions })}`;
  }
  const repositories = valueAt(source, 'repositories') as string[] | undefined;
  const owner = repositories?.find((each) => /^[^!*?/]+\//.test(each))?.split('/')[0];
  const of: Record<string, string> = owner === undefined ? {} : { target_name: owner };
  return `${site}/settings/personal-access-tokens/new?${new URLSearchParams({ name: 'Live DORA', ...of, ...permissions })}`;
}

/** What is read needs these, and nothing more. */
function permissionsFor(source: Source): Record<string, string> {
  const system = systemOf(source.type);
  const needed = system?.permissions.filter(({ when }) => holdsAnywhere(system, source, when)) ?? [];
  return Object.fromEntries(needed.map(({ name }) => [name, 'read']));
}

/** Where people go, of an API's address: GitHub's own, that of an enterprise's cloud, or of its server. */
function siteOf(api: string | undefined): string | undefined {
  if (!api) {
    return 'https://github.com';
  }
  const [, cloud] = /^https:\/\/api\.([\w.-]+)\/?$/.exec(api) ?? [];
  const [, server] = /^(https?:\/\/[\w.:-]+)\/api\/v3\/?$/.exec(api) ?? [];
  return cloud === undefined ? server : `https://${cloud}`;
}
