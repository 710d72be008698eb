import { MultiCombobox } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Labelled } from '../form/Labelled';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge, withDefinition } from './change';
import { evidenceKinds, meanings } from './meanings';
import { Row, Section, SectionProps } from './Section';
import { defaults, Definition } from './settings';

const allEvidence = evidenceKinds.map(({ value }) => value);

/** Grafana's control shows only the first of several kinds. */
function counted(evidence: string[]): string {
  const names = evidenceKinds.filter(({ value }) => evidence.includes(value)).map(({ label }) => label.toLowerCase());
  return `Counted: ${names.join(', ') || 'none'}. Each kind can be left out.`;
}

/** What the numbers mean to this organisation. Changing it computes them anew from what is stored. */
export function DefinitionOfMetrics({ options, faults, readOnly: disabled, onChange }: SectionProps) {
  const definition = options.definition ?? {};
  const put = (patch: Partial<Definition>) => onChange(withDefinition(options, patch));
  const bots = definition.bots ?? {};
  const hotfix = definition.hotfix ?? {};
  const putBots = (patch: Partial<typeof bots>) => put({ bots: merge(bots, patch) });
  const putHotfix = (patch: Partial<typeof hotfix>) => put({ hotfix: merge(hotfix, patch) });
  const evidence = definition.evidence ?? allEvidence;
  return (
    <Section
      title="What the numbers mean"
      description="The definition behind every metric. A change of it needs no new collection: everything is computed anew from what is stored."
    >
      <Row>
        <Text
          label="Production"
          description="A regular expression on the environment's name."
          placeholder={defaults.production}
          value={options.production}
          error={faults.production}
          disabled={disabled}
          onChange={(production) => onChange(merge(options, { production }))}
        />
        <Meaning label="Lead time of each" of="unit" {...{ definition, disabled, put }} />
        <Meaning label="Lead time starts" of="leadTimeStart" {...{ definition, disabled, put }} />
      </Row>
      <Row>
        <Labelled
          label="Evidence that a deployment failed"
          description={counted(evidence)}
          error={faults['definition.evidence']}
        >
          {(named) => (
            <MultiCombobox
              {...named}
              value={evidence}
              options={evidenceKinds}
              disabled={disabled}
              invalid={faults['definition.evidence'] !== undefined}
              width={60}
              onChange={(kinds) => put({ evidence: evidenceOrAbsent(kinds.map(({ value }) => value)) })}
            />
          )}
        </Labelled>
        <Text
          label="Incident window"
          description="How long after a deployment an incident counts against it."
          placeholder={defaults.incidentWindow}
          value={definition.incidentWindow}
          error={faults['definition.incidentWindow']}
          disabled={disabled}
          onChange={(incidentWindow) => put({ incidentWindow })}
        />
      </Row>
      <Row>
        <Meaning label="Recovery time" of="recovery" {...{ definition, disabled, put }} />
        <Meaning label="Rework is" of="rework" {...{ definition, disabled, put }} />
        <Meaning label="Redeploys in frequency" of="redeploys" {...{ definition, disabled, put }} />
      </Row>
      <Row>
        <Text
          label="Bots"
          description="A regular expression on the author's name."
          placeholder={defaults.bots}
          value={bots.pattern}
          error={faults['definition.bots.pattern']}
          disabled={disabled}
          onChange={(pattern) => putBots({ pattern })}
        />
        <Choice
          label="Bots in lead time"
          description="Changes that a bot wrote."
          value={bots.leadTime ?? meanings.botsLeadTime[0].value}
          options={meanings.botsLeadTime}
          disabled={disabled}
          width={32}
          onChange={(leadTime) => putBots({ leadTime })}
        />
        <Choice
          label="Bots in frequency"
          description="Deployments of nothing but their changes."
          value={bots.frequency ?? meanings.botsFrequency[0].value}
          options={meanings.botsFrequency}
          disabled={disabled}
          width={32}
          onChange={(frequency) => putBots({ frequency })}
        />
      </Row>
      <Row>
        <Lines
          label="Hotfix labels"
          description="One a line. A change with one of them repairs production."
          placeholder={defaults.hotfixLabels.join('\n')}
          value={hotfix.labels}
          disabled={disabled}
          onChange={(labels) => putHotfix({ labels })}
        />
        <Text
          label="Hotfix branches"
          description="A regular expression on the branch of a change."
          placeholder={defaults.hotfixBranches}
          value={hotfix.branches}
          error={faults['definition.hotfix.branches']}
          disabled={disabled}
          onChange={(branches) => putHotfix({ branches })}
        />
      </Row>
    </Section>
  );
}

interface MeaningProps {
  label: string;
  of: 'unit' | 'leadTimeStart' | 'recovery' | 'rework' | 'redeploys';
  definition: Definition;
  disabled: boolean;
  put: (patch: Partial<Definition>) => void;
}

/** One key of the definition, its choices told by what they mean. */
function Meaning({ label, of, definition, disabled, put }: MeaningProps) {
  const options = meanings[of];
  const value = definition[of] ?? options[0].value;
  const meaning = options.find((option) => option.value === value)?.description;
  return (
    <Choice
      label={label}
      description={meaning}
      value={value}
      options={options}
      error={meaning === undefined ? `definition.${of} "${value}" is unknown` : undefined}
      disabled={disabled}
      width={32}
      onChange={(next) => put({ [of]: next })}
    />
  );
}

/** All kinds in their order is what the backend does anyway. */
function evidenceOrAbsent(kinds: string[]): string[] | undefined {
  const ordered = allEvidence.filter((kind) => kinds.includes(kind));
  return ordered.length === allEvidence.length ? undefined : ordered;
}
