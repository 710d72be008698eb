import { Text } from '@grafana/ui';
import React from 'react';
import { SecretField } from './SecretField';
import { Secret } from '../settings/secrets';

interface Props {
  /** Of the data source; a source that is not saved has no address yet. */
  uid: string;
  id: string;
  secret: Secret;
  readOnly: boolean;
}

/** Where a source's webhooks go, and the secret that proves who sent them. */
export function WebhookAddress({ uid, id, secret, readOnly }: Props) {
  return (
    <>
      <SecretField
        label="Webhook secret"
        description="That the sender knows; without one, that of all webhooks."
        secret={secret}
        readOnly={readOnly}
      />
      {uid && (
        <Text color="secondary">
          Webhooks go to /api/datasources/uid/{uid}/resources/webhooks?source={id}
        </Text>
      )}
    </>
  );
}
