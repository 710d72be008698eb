import React from 'react';
import { Choice } from '../form/Choice';
import { Text } from '../form/Text';
import { FieldsOf } from '../settings/fields';
import { meanings } from '../settings/meanings';
import { secretOf, Settings, STORE_SECRETS } from '../settings/secrets';
import { StoreSettings } from '../settings/settings';
import { SecretField } from './SecretField';
import { Row } from './Section';

interface Props {
  field: FieldsOf<StoreSettings>;
  store: StoreSettings;
  settings: Settings;
  readOnly: boolean;
  onSettingsChange: (settings: Settings) => void;
}

/** Where a PostgreSQL store lies, and how to log in. */
export function DatabaseFields({ field, store, settings, readOnly, onSettingsChange }: Props) {
  return (
    <>
      <Row>
        <Text
          label="Server"
          description="Host and port; of a cluster, all its servers with commas between."
          placeholder="e.g. db.example.org:5432"
          {...field('address')}
        />
        <Text
          label="Database"
          description="Its name on the server."
          placeholder="e.g. livedora"
          width={24}
          {...field('database')}
        />
        <Text label="User" description="Who logs in." placeholder="e.g. livedora" width={24} {...field('user')} />
        <SecretField
          label="Password"
          description="Of the user; none where the server asks for none."
          secret={secretOf(settings, STORE_SECRETS.password, onSettingsChange)}
          readOnly={readOnly}
        />
      </Row>
      <Row>
        <Choice
          label="Encryption"
          description={meanings.storeTls.find(({ value }) => value === (store.tls ?? 'verify'))?.description}
          options={meanings.storeTls}
          width={30}
          {...field('tls')}
          value={store.tls ?? 'verify'}
        />
        {(store.tls ?? 'verify') === 'verify' && (
          <SecretField
            label="Certificate of the authority"
            description="Only where one of your own signed the server's: text that begins with -----BEGIN CERTIFICATE-----."
            secret={secretOf(settings, STORE_SECRETS.ca, onSettingsChange)}
            readOnly={readOnly}
            long
          />
        )}
        <Choice
          label="Use"
          description={meanings.storeUse.find(({ value }) => value === (store.use ?? 'primary'))?.description}
          options={meanings.storeUse}
          width={24}
          {...field('use')}
          value={store.use ?? 'primary'}
        />
        <Text
          label="File"
          description="Optional: where this Grafana saves what it worked out, so that a start takes seconds."
          placeholder="e.g. live-dora.db"
          {...field('path')}
        />
      </Row>
    </>
  );
}
