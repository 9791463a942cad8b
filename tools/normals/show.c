// What the store holds: as CSV, and as a picture for a terminal.
#include "config/columns.h"

#include "detectors/normals/year_table.h"

#include "tools/normals/normals.h"

#include <stdlib.h>

#define HOURS      24
#define HOUR_SLOTS (DAY_SLOTS / HOURS)
#define NAME_WIDTH 14

static void milli_print(FILE *out, int64_t milli)
{
    fprintf(out, "%lld", (long long)(milli / 1000));
    if (milli % 1000 != 0) {
        fprintf(out, ".%03lld", (long long)(milli % 1000));
    }
}

static void row_export(void *context, const struct cell_view *cell)
{
    const struct request *request = context;
    const struct network_settings *network = &request->settings->networks[cell->network];
    for (int hour = 0; hour < HOURS; hour++) {
        if (cell->hourly_milli[hour] != HOUR_UNKNOWN) {
            printf("%s,%s,%02u,%d,", network->id, function_id(&network->functions, cell->function),
                cell->province, hour);
            milli_print(stdout, cell->hourly_milli[hour]);
            putchar('\n');
        }
    }
}

static void year_export(const char *network, const struct year_volumes *year)
{
    for (size_t hour = 0; year->year != 0 && hour < HOURS; hour++) {
        int64_t sum = 0;
        for (size_t s = hour * HOUR_SLOTS; s < (hour + 1) * HOUR_SLOTS; s++) {
            sum += year->volumes[s];
        }
        printf("%s,%lld,%zu,%lld\n", network, (long long)year->year, hour, (long long)sum);
    }
}

int normals_export(struct request *request)
{
    struct normals *normals = normals_of_store(request);
    if (normals == NULL) {
        return EXIT_INPUT;
    }
    puts(request->years ? YEAR_TABLE_HEADER : "network,function,province,hour,normal_per_hour");
    if (!request->years) {
        normals_view(normals, request->date, true, row_export, request);
    }
    for (uint16_t n = 0; request->years && n < request->settings->network_count; n++) {
        struct peak_view view;
        normals_peak_view(normals, n, request->date, &view);
        for (size_t i = OWN_YEARS; i-- > 0;) {
            year_export(request->settings->networks[n].id, &view.own[i]);
        }
    }
    normals_free(normals);
    return EXIT_DONE;
}

// ---- the picture --------------------------------------------------------------------------------

// "09:00-21:00", parted by blanks.
static void slots_print(const struct peak_table *table)
{
    const char *between = "";
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        size_t from = s;
        for (; s < DAY_SLOTS && table->slots[s]; s++) {
        }
        if (s > from) {
            printf("%s%02zu:%02zu-%02zu:%02zu", between, from / HOUR_SLOTS, from % HOUR_SLOTS * 5,
                s / HOUR_SLOTS, s % HOUR_SLOTS * 5);
            between = " ";
        }
    }
}

static void peak_print(const struct peak_view *view)
{
    static const char *const states[PEAK_STATES] = {[PEAK_BANK] = "bank's own, 本行提供",
        [PEAK_APPROVED] = "approved, 已批准",
        [PEAK_PROVISIONAL] = "provisional, 暂定",
        [PEAK_NONE] = "none known: all hours are peak, 未知：全部时段按高峰"};
    const struct peak_table *table = &view->in_force;
    fputs("  peak hours 高峰时段 ", stdout);
    slots_print(table);
    printf("%s(%s", table->state == PEAK_NONE ? "" : " ", states[table->state]);
    if (table->year != 0) {
        printf(", %lld", (long long)table->year);
    }
    puts(")");
    for (size_t i = 0; i < OWN_YEARS; i++) {
        if (view->own[i].year != 0) {
            printf("  the sensor has seen %lld full days of %lld\n",
                (long long)view->own[i].full_days, (long long)view->own[i].year);
        }
    }
}

static void head_print(const struct network_settings *network, const struct peak_view *view)
{
    printf("%s %s\n", network->id, network->name);
    peak_print(view);
    printf("  %-*s%-10s%14s  0     6     12    18    \n", NAME_WIDTH + 14, "", "basis", "a day");
    printf("  %-*s", NAME_WIDTH + 14 + 10 + 14 + 2, "");
    for (size_t hour = 0; hour < HOURS; hour++) {
        bool peak = view->in_force.state == PEAK_NONE;
        for (size_t s = 0; s < HOUR_SLOTS; s++) {
            peak |= view->in_force.slots[hour * HOUR_SLOTS + s];
        }
        fputs(peak ? "^" : " ", stdout);
    }
    puts(" peak");
}

static void bars_print(const struct cell_view *cell)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int64_t most = 1;
    for (size_t hour = 0; hour < HOURS; hour++) {
        most = cell->hourly_milli[hour] > most ? cell->hourly_milli[hour] : most;
    }
    for (size_t hour = 0; hour < HOURS; hour++) {
        int64_t milli = cell->hourly_milli[hour];
        fputs(milli == HOUR_UNKNOWN ? "?" : bars[milli / (most / 8 + 1)], stdout);
    }
}

struct showing {
    struct request *request;
    const struct normals *normals;
    int network; // whose head was printed; -1: none
};

static void cell_show(void *context, const struct cell_view *cell)
{
    struct showing *showing = context;
    const struct network_settings *network = &showing->request->settings->networks[cell->network];
    struct peak_view view;
    if (showing->network != cell->network) {
        normals_peak_view(showing->normals, cell->network, showing->request->date, &view);
        head_print(network, &view);
        showing->network = cell->network;
    }
    fputs("  ", stdout);
    columns_print(stdout, function_id(&network->functions, cell->function), NAME_WIDTH);
    columns_print(stdout, province_name(cell->province), 14);
    printf("%-10s%14lld  ", basis_names[cell->basis], (long long)(cell->day_milli / 1000));
    bars_print(cell);
    putchar('\n');
}

int normals_show(struct request *request)
{
    char date[DATE_TEXT_MAX];
    struct normals *normals = normals_of_store(request);
    struct showing showing = {request, normals, -1};
    if (normals == NULL) {
        return EXIT_INPUT;
    }
    struct day day = calendar_day(&request->settings->calendars.calendar, request->date);
    date_format(&request->date, date, sizeof(date));
    printf("%s %s%s%s%s\n", date, day_type_names[day.type],
        (day.flags & DAY_PAY) != 0 ? " pay_day" : "",
        (day.flags & DAY_PROMOTION) != 0 ? " promotion" : "",
        day.confirmed ? "" : " (no calendar of the year: Monday to Friday)");
    normals_view(normals, request->date, false, cell_show, &showing);
    for (uint16_t n = 0; n < request->settings->network_count; n++) {
        struct peak_view view;
        normals_peak_view(normals, n, request->date, &view);
        if (showing.network == -1) {
            head_print(&request->settings->networks[n], &view);
            puts("  nothing is known of its volumes: a loss is of what was attempted");
        }
    }
    normals_free(normals);
    return EXIT_DONE;
}
