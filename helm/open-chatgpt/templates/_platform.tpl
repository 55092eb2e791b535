{{- /* Where services find the bus and the store. */ -}}

{{- define "oc.kafkaHost" -}}
{{ include "oc.fullname" . }}-kafka.{{ .Release.Namespace }}.svc
{{- end }}

{{- define "oc.brokers" -}}
{{- if .Values.dev.kafka.enabled -}}
{{ include "oc.kafkaHost" . }}:9092
{{- else -}}
{{ required "kafka.brokers is empty: set it to host:port of your Kafka, or dev.kafka.enabled=true for a trial" .Values.kafka.brokers }}
{{- end }}
{{- end }}

{{- define "oc.s3Endpoint" -}}
{{- if .Values.dev.s3.enabled -}}
http://{{ include "oc.fullname" . }}-s3.{{ .Release.Namespace }}.svc:7070
{{- else -}}
{{ required "s3.endpoint is empty: set it to the URL of your S3 server, or dev.s3.enabled=true for a trial" .Values.s3.endpoint }}
{{- end }}
{{- end }}

{{- define "oc.s3Secret" -}}
{{- if .Values.dev.s3.enabled -}}
{{ .Values.dev.s3.existingSecret | default (printf "%s-s3" (include "oc.fullname" .)) }}
{{- else -}}
{{ required "s3.existingSecret is empty: name the Secret with the credentials of the S3 server" .Values.s3.existingSecret }}
{{- end }}
{{- end }}

{{- define "oc.kafkaAccessEnv" -}}
{{- if and .Values.dev.kafka.enabled (or .Values.kafka.tls.enabled .Values.kafka.sasl.existingSecret) }}
{{- fail "kafka.tls and kafka.sasl are those of your Kafka: the one of dev.kafka has neither" }}
{{- end }}
{{- if .Values.kafka.tls.enabled }}
- name: OPEN_CHATGPT_KAFKA_TLS
  value: "true"
{{- with .Values.kafka.tls.caSecret }}
- name: OPEN_CHATGPT_KAFKA_CA
  valueFrom:
    secretKeyRef: { name: {{ . }}, key: {{ $.Values.kafka.tls.caKey }} }
{{- end }}
{{- end }}
{{- with .Values.kafka.sasl.existingSecret }}
- name: OPEN_CHATGPT_KAFKA_SASL_MECHANISM
  value: {{ $.Values.kafka.sasl.mechanism }}
- name: OPEN_CHATGPT_KAFKA_USERNAME
  valueFrom:
    secretKeyRef: { name: {{ . }}, key: {{ $.Values.kafka.sasl.usernameKey }} }
- name: OPEN_CHATGPT_KAFKA_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ . }}, key: {{ $.Values.kafka.sasl.passwordKey }} }
{{- end }}
{{- end }}

{{- /* Variables of every service and of every pod of a run. */ -}}
{{- define "oc.platformEnv" -}}
- name: OPEN_CHATGPT_BUS
  value: {{ printf "kafka://%s" (include "oc.brokers" .) | quote }}
- name: OPEN_CHATGPT_KAFKA_SESSION_TIMEOUT_SECONDS
  value: {{ .Values.kafka.sessionTimeoutSeconds | quote }}
{{- include "oc.kafkaAccessEnv" . }}
- name: OPEN_CHATGPT_STORE
  value: {{ printf "s3://%s" (list .Values.s3.bucket .Values.s3.prefix | compact | join "/") | quote }}
- name: OPEN_CHATGPT_S3_ENDPOINT
  value: {{ include "oc.s3Endpoint" . | quote }}
- name: OPEN_CHATGPT_S3_REGION
  value: {{ .Values.s3.region | quote }}
- name: OPEN_CHATGPT_S3_CREATE_BUCKET
  value: {{ or .Values.s3.createBucket .Values.dev.s3.enabled | quote }}
- name: OPEN_CHATGPT_S3_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "oc.s3Secret" . }}
      key: {{ .Values.s3.accessKeyKey }}
- name: OPEN_CHATGPT_S3_SECRET_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "oc.s3Secret" . }}
      key: {{ .Values.s3.secretKeyKey }}
- name: OPEN_CHATGPT_LOG_LEVEL
  value: {{ .Values.telemetry.logLevel }}
{{- with .Values.telemetry.otlpEndpoint }}
- name: OPEN_CHATGPT_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end }}
