namespace MeaiBudget.Tool;

/// <summary>Replaces the value of a tag by a pseudonym, in the records of calls, in the keys of accounts and in settings.</summary>
internal static class LedgerForgetting
{
    public static async Task<(int Records, int Accounts, int Settings)> RunAsync(LedgerDatabase database, string tag, string value, string pseudonym, CancellationToken cancellationToken)
    {
        if (tag.AsSpan().ContainsAny('"', '\\'))
        {
            throw new ArgumentException($"--tag: the name '{tag}' has a quotation mark or a backslash, which the name of a tag cannot have here.");
        }

        int records = 0;
        foreach (string table in new[] { "reservations", "history" })
        {
            records += database.IsPostgreSql
                ? await database.RunAsync(
                    $"UPDATE {database.Schema}{table} r SET call = jsonb_set(r.call, ARRAY['tags', $1], to_jsonb($3::text)) WHERE {database.OfLedger("r")} AND r.call -> 'tags' ->> $1 = $2",
                    cancellationToken, tag, value, pseudonym)
                : await database.RunAsync(
                    $"UPDATE {table} SET call = json_set(call, '$.tags.\"{tag.Replace("'", "''", StringComparison.Ordinal)}\"', $3) WHERE EXISTS (SELECT 1 FROM json_each(call, '$.tags') t WHERE t.key = $1 AND t.value = $2)",
                    cancellationToken, tag, value, pseudonym);
        }

        List<string> keys = await database.ReadAsync(
            $"SELECT DISTINCT h.refusal ->> 'key' FROM {database.Schema}history h WHERE {database.OfLedger("h")} AND h.refusal ->> 'key' <> ''", row => row.GetString(0), cancellationToken);
        foreach (string key in keys)
        {
            if (RenamedKey(key, value, pseudonym) is { } renamed)
            {
                await database.RunAsync(
                    database.IsPostgreSql
                        ? $"UPDATE {database.Schema}history h SET refusal = jsonb_set(h.refusal, ARRAY['key'], to_jsonb($2::text)) WHERE {database.OfLedger("h")} AND h.refusal ->> 'key' = $1"
                        : "UPDATE history SET refusal = json_set(refusal, '$.key', $2) WHERE refusal ->> 'key' = $1",
                    cancellationToken, key, renamed);
            }
        }

        int accounts = 0;
        foreach (string escaped in await NamesAsync(database, cancellationToken))
        {
            if (Renamed(LedgerAccountName.Unescape(escaped), value, pseudonym) is { } renamed)
            {
                await RenameAsync(database, escaped, LedgerAccountName.Escape(renamed), cancellationToken);
                accounts++;
            }
        }

        return (records, accounts, await SettingForgetting.RunAsync(database, value, pseudonym, cancellationToken));
    }

    /// <summary>Returns the name with the pseudonym in its key; null if the key is another.</summary>
    internal static string? Renamed(string account, string value, string pseudonym)
    {
        int first = account.IndexOf('/', StringComparison.Ordinal);
        int second = first < 0 ? -1 : account.IndexOf('/', first + 1);
        return second >= 0 && RenamedKey(account[(second + 1)..], value, pseudonym) is { } key ? account[..(second + 1)] + key : null;
    }

    /// <summary>Returns the key with the pseudonym instead of the value; null if the value is no part of it.</summary>
    internal static string? RenamedKey(string key, string value, string pseudonym)
    {
        // A budget that is divided by several things has a key of several parts.
        string[] parts = key.Split('/');
        bool isFound = false;
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] == AccountName.Escape(value) || parts[i] == value)
            {
                parts[i] = pseudonym;
                isFound = true;
            }
        }

        return isFound ? string.Join('/', parts) : key == value ? pseudonym : null;
    }

    private static Task<List<string>> NamesAsync(LedgerDatabase database, CancellationToken cancellationToken) => database.ReadAsync(
        database.IsPostgreSql
            ? $"""
                SELECT a.name FROM {database.Schema}accounts a WHERE {database.OfLedger("a")}
                UNION SELECT unnest(r.names) FROM {database.Schema}reservations r WHERE {database.OfLedger("r")}
                UNION SELECT unnest(h.names) FROM {database.Schema}history h WHERE {database.OfLedger("h")}
                UNION SELECT g.name FROM {database.Schema}grants g WHERE {database.OfLedger("g")}
                UNION SELECT split_part(j.owner, ' ', 3) FROM {database.Schema}adjustments j WHERE {database.OfLedger("j")} AND {AdjustsAccount("j")}
                """
            : "SELECT account FROM periods UNION SELECT account FROM lines UNION SELECT account FROM history_lines UNION SELECT account FROM grants "
                + $"UNION SELECT substr(j.owner, 9 + instr(substr(j.owner, 9), ' ')) FROM adjustments j WHERE {AdjustsAccount("j")}",
        row => row.GetString(0),
        cancellationToken);

    /// <summary>True for the adjustment of an account. Its owner is "account", the period and the name, which has no space.</summary>
    private static string AdjustsAccount(string table) => $"{table}.call_id = {table}.id AND substr({table}.owner, 1, 8) = 'account '";

    private static async Task RenameAsync(LedgerDatabase database, string from, string to, CancellationToken cancellationToken)
    {
        if (!database.IsPostgreSql)
        {
            foreach (string table in new[] { "periods", "lines", "history_lines", "grants" })
            {
                await database.RunAsync($"UPDATE {table} SET account = $2 WHERE account = $1", cancellationToken, from, to);
            }

            await database.RunAsync(
                $"UPDATE adjustments AS j SET owner = substr(j.owner, 1, length(j.owner) - length($1)) || $2 WHERE {AdjustsAccount("j")} AND substr(j.owner, 9 + instr(substr(j.owner, 9), ' ')) = $1",
                cancellationToken, from, to);

            return;
        }

        // An account's id is the beginning of the SHA-256 of its name.
        const string Old = "encode(substr(sha256(convert_to($1, 'UTF8')), 1, 16), 'hex')::uuid";
        const string New = "encode(substr(sha256(convert_to($2, 'UTF8')), 1, 16), 'hex')::uuid";
        await database.RunAsync($"UPDATE {database.Schema}accounts a SET id = {New}, name = $2 WHERE {database.OfLedger("a")} AND a.name = $1", cancellationToken, from, to);
        await database.RunAsync($"UPDATE {database.Schema}periods p SET account = {New} WHERE {database.OfLedger("p")} AND p.account = {Old}", cancellationToken, from, to);
        await database.RunAsync($"UPDATE {database.Schema}grants g SET account = {New}, name = $2 WHERE {database.OfLedger("g")} AND g.name = $1", cancellationToken, from, to);
        await database.RunAsync(
            $"UPDATE {database.Schema}adjustments j SET owner = left(j.owner, -length($1)) || $2 WHERE {database.OfLedger("j")} AND {AdjustsAccount("j")} AND split_part(j.owner, ' ', 3) = $1",
            cancellationToken, from, to);
        await database.RunAsync(
            $"UPDATE {database.Schema}reservations r SET accounts = array_replace(r.accounts, {Old}, {New}), names = array_replace(r.names, $1, $2) WHERE {database.OfLedger("r")} AND $1 = ANY (r.names)",
            cancellationToken, from, to);
        await database.RunAsync(
            $"UPDATE {database.Schema}history h SET names = array_replace(h.names, $1, $2) WHERE {database.OfLedger("h")} AND $1 = ANY (h.names)",
            cancellationToken, from, to);
    }
}
