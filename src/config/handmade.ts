import { ComponentType } from 'react';
import { TokenLink } from './TokenLink';
import { Source } from '../settings/settings';

interface Handmade {
  /** Beneath the fields that say how to get in. */
  belowAccess?: ComponentType<{ source: Source; way: string }>;
}

/** What the forms of some systems have beyond what is drawn from their declaration, by type. */
export const handmade: Record<string, Handmade> = {
  github: { belowAccess: TokenLink },
};
