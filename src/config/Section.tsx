import { Box, Icon, Stack, Text, TextLink } from '@grafana/ui';
import React, { ReactNode, useId } from 'react';
import { ExplainedOn } from '../form/Judged';
import { docs } from '../settings/docs';
import { DoraOptions } from '../settings/settings';
import { Faults } from '../settings/validate';

/** What every part of the editor is given. */
export interface SectionProps {
  options: DoraOptions;
  faults: Faults;
  readOnly: boolean;
  onChange: (options: DoraOptions) => void;
}

interface Props {
  title: string;
  description: string;
  /** The section of the documentation that explains its fields. */
  explained?: string;
  children: ReactNode;
}

/** A part of the settings, under a heading that a screen reader can jump to. */
export function Section({ title, description, explained, children }: Props) {
  const id = useId();
  const page = explained && docs('configure', explained);
  return (
    <section aria-labelledby={id}>
      <Stack direction="column" gap={2}>
        <div>
          <Text element="h2" variant="h3" id={id}>
            {title}
          </Text>
          <Text element="p" color="secondary">
            {description}
            {page && (
              <>
                {' '}
                <TextLink href={page} external inline>
                  Explained
                </TextLink>
              </>
            )}
          </Text>
        </div>
        <ExplainedOn value={page}>{children}</ExplainedOn>
      </Stack>
    </section>
  );
}

/** One entry of a list, apart from the others. */
export function Card({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={name}>
      <Box padding={2} borderStyle="solid" borderColor="weak" borderRadius="default" backgroundColor="secondary">
        <Stack direction="column" gap={2}>
          {children}
        </Stack>
      </Box>
    </div>
  );
}

/** Fields side by side where there is room. */
export function Row({ children }: { children: ReactNode }) {
  return (
    <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
      {children}
    </Stack>
  );
}

/** What follows from a choice and is no mistake. */
export function Notice({ children }: { children: string | string[] }) {
  return (
    <Stack direction="row" gap={1} alignItems="flex-start">
      <Icon name="info-circle" />
      <Text color="secondary">{children}</Text>
    </Stack>
  );
}
