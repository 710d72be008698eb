{{- define "livedora.labels" -}}
app.kubernetes.io/name: livedora-collector
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "livedora.selector" -}}
app.kubernetes.io/name: livedora-collector
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "livedora.name" -}}
{{ printf "%s-collector" .Release.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{/* What a schema cannot say, or not in words. */}}
{{- define "livedora.checked" -}}
{{- if eq (toString .Values.image.tag) "latest" }}
{{- fail "image.tag is latest, which is another program tomorrow: it is a version, or is left out for the chart's own; image.digest is better still" }}
{{- end }}
{{- if not (regexMatch "^(@(hourly|daily|weekly|monthly)|[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+)$" (toString .Values.schedule)) }}
{{- fail (printf "schedule is %s: it is the five fields of cron, such as \"*/10 * * * *\", or @hourly, @daily, @weekly or @monthly" (quote .Values.schedule)) }}
{{- end }}
{{- range $i, $source := .Values.settings.datasources }}
{{- range $name, $value := $source.secureJsonData }}
{{- if not (hasPrefix "$" (toString $value)) }}
{{- fail (printf "settings.datasources[%d].secureJsonData holds a secret under %s: write $__file{/etc/livedora/secrets/KEY}, and put it into the Secret that existingSecret names" $i (quote $name)) }}
{{- end }}
{{- if and (contains "/etc/livedora/secrets/" (toString $value)) (not $.Values.existingSecret) }}
{{- fail (printf "settings.datasources[%d].secureJsonData.%s is a file of a Secret, and existingSecret names none" $i $name) }}
{{- end }}
{{- end }}
{{- $store := dig "store" dict (default dict $source.jsonData) }}
{{- $type := default "sqlite" $store.type }}
{{- if and (ne $type "postgres") (not $.Values.persistence.existingClaim) }}
{{- fail (printf "settings.datasources[%d].jsonData.store.type is %s, which is gone with the pod: it is postgres, or persistence.existingClaim names a volume for /var/lib/livedora" $i $type) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The pod of both: what it runs, and what it may. */}}
{{- define "livedora.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
terminationGracePeriodSeconds: 30
containers:
  - name: collector
    {{- if .Values.image.digest }}
    image: {{ printf "%s@%s" .Values.image.repository .Values.image.digest }}
    {{- else }}
    image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
    {{- end }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    resources: {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - name: settings
        mountPath: /etc/livedora/datasource.yaml
        subPath: datasource.yaml
        readOnly: true
      {{- if .Values.existingSecret }}
      - name: secrets
        mountPath: /etc/livedora/secrets
        readOnly: true
      {{- end }}
      - name: state
        mountPath: /var/lib/livedora
    args:
      - collect
      - --settings
      - /etc/livedora/datasource.yaml
      - --log
      - json
      {{- if eq .Values.mode "cronjob" }}
      - --once
      {{- else }}
      - --listen
      - :8080
    ports:
      - name: http
        containerPort: 8080
    # To open a large store for the first time takes a while, and is no reason to begin again.
    livenessProbe:
      httpGet:
        path: /healthz
        port: http
      periodSeconds: 20
      timeoutSeconds: 5
    readinessProbe:
      httpGet:
        path: /readyz
        port: http
      periodSeconds: 10
      timeoutSeconds: 5
      {{- end }}
volumes:
  - name: settings
    configMap:
      name: {{ include "livedora.name" . }}
  {{- if .Values.existingSecret }}
  - name: secrets
    secret:
      secretName: {{ .Values.existingSecret }}
      defaultMode: 0440
  {{- end }}
  - name: state
    {{- if .Values.persistence.existingClaim }}
    persistentVolumeClaim:
      claimName: {{ .Values.persistence.existingClaim }}
    {{- else }}
    emptyDir:
      sizeLimit: 1Gi
    {{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "livedora.annotations" -}}
# The program reads its settings at the start: a change starts it again.
checksum/settings: {{ toYaml .Values.settings | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}
