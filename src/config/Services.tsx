import { Button } from '@grafana/ui';
import React from 'react';
import { merge, newService, orAbsent, removeAt, replaceAt } from './change';
import { Section, SectionProps } from './Section';
import { ServiceCard } from './ServiceCard';
import { Service } from './settings';

/** What is measured: applications, where repositories alone do not tell them apart. */
export function Services({ options, faults, readOnly, onChange }: SectionProps) {
  const services = options.services ?? [];
  const sources = options.sources ?? [];
  const put = (next: Service[]) => onChange(merge(options, { services: orAbsent(next) }));
  return (
    <Section
      title="Services"
      description="Optional. Without any, every repository is a service named after it. A service can be part of a repository, or several together."
    >
      {services.map((service, index) => (
        <ServiceCard
          key={index}
          service={service}
          sources={sources.map(({ id }) => id)}
          path={`services[${index}]`}
          position={index + 1}
          faults={faults}
          readOnly={readOnly}
          onChange={(next) => put(replaceAt(services, index, next))}
          onRemove={() => put(removeAt(services, index))}
        />
      ))}
      {!readOnly && (
        <div>
          <Button variant="secondary" icon="plus" onClick={() => put([...services, newService(sources)])}>
            Add service
          </Button>
        </div>
      )}
    </Section>
  );
}
