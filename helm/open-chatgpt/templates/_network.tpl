{{- /* Flows of network policies. Services listen on port 3000 of their pods. */ -}}

{{- /* Pods that the operator makes: of runs, of model servers, and of imports of models. */ -}}
{{- define "oc.runPods" -}}
matchLabels: { app.kubernetes.io/managed-by: open-chatgpt-operator }
{{- end }}

{{- define "oc.toDns" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns.to | nindent 4 }}
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end }}

{{- define "oc.toKafka" -}}
{{- if .Values.dev.kafka.enabled -}}
- to:
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .Release.Namespace }} } }
      podSelector:
        matchLabels:
          {{- include "oc.selectorLabels" (dict "root" . "component" "kafka") | nindent 10 }}
  ports:
    - { protocol: TCP, port: 9092 }
{{- else -}}
- {{ with .Values.networkPolicy.kafka.to -}}
  to:
    {{- toYaml . | nindent 4 }}
  {{ end -}}
  ports:
    {{- $ports := list }}
    {{- range splitList "," (include "oc.brokers" .) }}
    {{- $ports = append $ports (regexFind "[0-9]+$" .) }}
    {{- end }}
    {{- range uniq $ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}
{{- end }}

{{- /* The port of a URL: (url). */ -}}
{{- define "oc.portOf" -}}
{{- $port := regexFind ":[0-9]+/?$" (urlParse .).host | trimPrefix ":" | trimSuffix "/" -}}
{{ $port | default (ternary "443" "80" (hasPrefix "https:" .)) }}
{{- end }}

{{- define "oc.toS3" -}}
{{- if .Values.dev.s3.enabled -}}
- to:
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .Release.Namespace }} } }
      podSelector:
        matchLabels:
          {{- include "oc.selectorLabels" (dict "root" . "component" "s3") | nindent 10 }}
  ports:
    - { protocol: TCP, port: 7070 }
{{- else -}}
- {{ with .Values.networkPolicy.s3.to -}}
  to:
    {{- toYaml . | nindent 4 }}
  {{ end -}}
  ports:
    - { protocol: TCP, port: {{ include "oc.portOf" (include "oc.s3Endpoint" .) }} }
{{- end }}
{{- end }}

{{- define "oc.toApiServer" -}}
- to:
    {{- range .Values.networkPolicy.apiServer.cidrs }}
    - ipBlock: { cidr: {{ . }} }
    {{- end }}
  ports:
    {{- range .Values.networkPolicy.apiServer.ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}

{{- define "oc.toInternet" -}}
{{- with .Values.networkPolicy.internet }}
{{- if .enabled -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: {{ toJson .except }}
  ports:
    {{- range .ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What every service reaches. */ -}}
{{- define "oc.toPlatform" -}}
{{ include "oc.toDns" . }}
{{ include "oc.toKafka" . }}
{{ include "oc.toS3" . }}
{{- with .Values.telemetry.otlpEndpoint }}
- {{ with $.Values.networkPolicy.telemetry.to -}}
  to:
    {{- toYaml . | nindent 4 }}
  {{ end -}}
  ports:
    - { protocol: TCP, port: {{ include "oc.portOf" . }} }
{{- end }}
{{- end }}

{{- define "oc.fromClients" -}}
- from:
    {{- toYaml .Values.networkPolicy.clients.from | nindent 4 }}
  ports:
    - { protocol: TCP, port: 3000 }
{{- end }}

{{- define "oc.fromMetrics" -}}
- from:
    {{- toYaml .Values.networkPolicy.metrics.from | nindent 4 }}
  ports:
    - { protocol: TCP, port: 3000 }
{{- end }}

{{- /* The policy of a component: (root, component, ingress (text), egress (text)). Policies add up to the default-deny. */ -}}
{{- define "oc.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "oc.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "oc.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- .ingress | default "[]" | nindent 4 }}
  egress:
    {{- .egress | default "[]" | nindent 4 }}
{{- end }}
