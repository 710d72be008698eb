import { getBackendSrv } from '@grafana/runtime';
import { firstValueFrom } from 'rxjs';

/** Asks the plugin itself, through Grafana. What it refuses is shown where it was asked, not as a pop-up. */
export async function ask<T>(uid: string, path: string, data?: unknown): Promise<T> {
  const response = await firstValueFrom(
    getBackendSrv().fetch<T>({
      url: `/api/datasources/uid/${encodeURIComponent(uid)}/resources/${path}`,
      method: data === undefined ? 'GET' : 'POST',
      data,
      showErrorAlert: false,
    })
  );
  return response.data;
}

/** What the plugin says where it refuses, such as of settings that need attention, and of which field, where it is one. */
export function refusal(error: unknown): { error: string; field?: string } | undefined {
  const { data } = (error ?? {}) as { data?: { error?: unknown; field?: unknown } };
  if (typeof data?.error !== 'string') {
    return undefined;
  }
  return typeof data.field === 'string' && data.field
    ? { error: data.error, field: data.field }
    : { error: data.error };
}
