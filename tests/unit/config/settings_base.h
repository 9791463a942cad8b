// A whole settings file, of which tests change single values.
#pragma once

// The shipped settings, short, with places that are easy to count.
static const char base[] = // line
    "sensor: tap-1\n"      // 1
    "networks:\n"
    "  - id: pay\n" // 3
    "    institution: bank\n"
    "    name: 网上支付系统\n" // 5
    "    pboc_domain: true\n"
    "    in_china: true\n"
    "    financial_service: true\n"
    "    special_class: [payment]\n"
    "    secrecy: none\n" // 10
    "    mlps: 第三级\n"
    "    mlps_filing: ''\n"
    "    functions: tables/functions-cups.yaml\n"
    "    response_codes: tables/response-codes-cups.yaml\n"
    "    normals: ''\n" // 15
    "    peak_hours: ['09:00-21:00']\n"
    "    units: ''\n"
    "    holders: ''\n"
    "    merchants: ''\n"
    "links:\n"
    "  - id: a\n"
    "    network: pay\n" // 22
    "    role: acquirer\n"
    "    site: 上海\n"
    "    dialect: dialects/cups.yaml\n"
    "    ours: [10.1.0.0/16, 10.3.0.0/16]\n"
    "    theirs: [10.2.0.0/16]\n" // 27
    "    vlans: []\n"
    "    time_limit: 30s\n"
    "    province_sources: [{field: 42, codes: pboc}]\n"
    "    province_overrides: ''\n"
    "    counterparties: ''\n" // 32
    "  - id: b\n"
    "    network: pay\n"
    "    role: acquirer\n"
    "    site: 北京\n"
    "    dialect: dialects/cups.yaml\n" // 37
    "    ours: ['10.3.0.0/16:9000', 10.1.0.0/16]\n"
    "    theirs: [10.4.0.0/16]\n"
    "    vlans: [7, 8]\n"
    "    time_limit: 60s\n"
    "    province_sources: [{field: 32, codes: gbt2260}, {field: 33, codes: pboc}]\n" // 42
    "    province_overrides: ''\n"
    "    counterparties: ''\n"
    "outages: {bucket: 10s, merge: 180s, lost_percent: 70, fewest_intents: 30, unknown_percent: "
    "20, impaired_percent: 30, calm_percent: 5, usual_failed_percent: 1, "
    "jump_times: 5, jump_points: 10, jump_intents: 50}\n"
    "grades: {rulebooks: [/dev/null], overlays: [], cii: [], cutover_max: 30min}\n"
    "incidents: {reopen: 30min, zones: []}\n" // 47
    "kafka: {enabled: false, brokers: '', topic_prefix: tapgrade, flush: 30s, "
    "security: {protocol: sasl_tls, authorities: a, certificate: '', key: '', key_password: '', "
    "mechanism: PLAIN, user: u, password: f}, topics: {create: false, partitions: 3, "
    "replication: 3, retention: 90d, counters: false, ecs: false}, second_sink: {kind: none, "
    "target: '', token: '', after: 2min, before_due: 30min}, compression: lz4}\n"
    "ledger: {folder: /var/lib/tapgrade, reserve_bytes: 0}\n"
    "packets: {disorder: 20ms, hold: 1s}\n"
    "transactions: {connections: 65536, open: 262144, held_bytes: 65536, pool_bytes: 67108864, "
    "idle: 2h, remember_limits: 4, account_key: ''}\n"
    "regions: tables/regions.tsv\n" // 52
    "ports: {queues: 1, descriptors: 1024, buffers: 8192, buffer_bytes: 2048, frame_bytes: 9216, "
    "ticks: 64, workers: 0, exchange: 4096, handover_bytes: 4194304}\n"
    "intents: {failed: 4096, processed: 4096, retry_window: 5min, served_within: 60s}\n"
    "maintenance: []\n"
    "calendars: {years: [], bank_days: ''}\n"
    "normals: {learn: true, store: '', fewest_days: 3, least_coverage: 90, "
    "peak: {slot: 60min, method: ''}}\n"
    "persons: {remember: 15min, facts: 1000000, exact: 1000000, precision: 14, "
    "set_bytes: 268435456, intents_per_100_persons: 0}\n"
    "services: []\nservice_days: []\n"
    "journal: {keep: 2h, bytes: 0}\n"
    "duties: {close_of_business: 17h, immediate: 15min}\n"
    "drafts: {first_page: true, templates: templates, classification: tables/classification.tsv}\n"
    "evidence: {ring_bytes: 0, one_in: 100, payload: false, recipient: '', "
    "most_bytes: 1048576}\n"
    "calls: {kind: none, target: '', token: '', authorities: '', repeat: 5min, escalate: 10min, "
    "tone_before: 10min, roster: []}\n"
    "institutions:\n"
    "  - {id: bank, name: 示例银行, code: '', type: other, level: head_office, systemic: false, "
    "systemic_source: '', domicile: 测试, report_to: '', reporter: '', contact: '', annexes: []}\n";
