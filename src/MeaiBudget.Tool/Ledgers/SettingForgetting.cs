namespace MeaiBudget.Tool;

/// <summary>Replaces a person's value in the settings of a ledger: in keys with limits and stops of their own, and in what operators wrote.</summary>
internal static class SettingForgetting
{
    /// <returns>The number of settings that changed.</returns>
    public static async Task<int> RunAsync(LedgerDatabase database, string value, string pseudonym, CancellationToken cancellationToken)
    {
        List<(string Name, string Text)> settings = await database.ReadAsync(
            $"SELECT s.name, s.value FROM {database.Schema}settings s WHERE {database.OfLedger("s")}", row => (row.GetString(0), row.GetString(1)), cancellationToken);
        int changed = 0;
        foreach ((string storedName, string storedText) in settings)
        {
            // SQLite stores names escaped, PostgreSQL values, too.
            string name = LedgerAccountName.Unescape(storedName);
            string text = database.IsPostgreSql ? LedgerAccountName.Unescape(storedText) : storedText;
            (string newName, string? newText) = Forgotten(name, text, value, pseudonym);
            if (newName == name && newText == text)
            {
                continue;
            }

            changed++;
            await database.RunAsync($"DELETE FROM {database.Schema}settings AS s WHERE {database.OfLedger("s")} AND s.name = $1", cancellationToken, storedName);
            if (newText is not null)
            {
                await database.RunAsync(
                    database.IsPostgreSql
                        ? $"INSERT INTO {database.Schema}settings (ledger, name, value) VALUES ({database.Ledger}, $1, $2)"
                        : "INSERT INTO settings (name, value) VALUES ($1, $2)",
                    cancellationToken, LedgerAccountName.Escape(newName), database.IsPostgreSql ? LedgerAccountName.Escape(newText) : newText);
            }
        }

        if (changed > 0)
        {
            await database.RunAsync(
                database.IsPostgreSql
                    ? $"UPDATE {database.Schema}settings_versions AS v SET version = v.version + 1 WHERE {database.OfLedger("v")}"
                    : "UPDATE settings_version SET version = version + 1",
                cancellationToken);
        }

        return changed;
    }

    /// <summary>Returns the name and the value of a setting without the person; no value for one that is to be deleted.</summary>
    internal static (string Name, string? Text) Forgotten(string name, string text, string value, string pseudonym)
    {
        string[] parts = name.Split('/', 3);
        switch (parts[0])
        {
            case CentralLimits.LimitKind or CentralLimits.StopKind:
                string[] fields = text.Split('|', 3);
                fields[^1] = fields.Length == 3 ? Replaced(fields[2], value, pseudonym) : fields[^1];
                string? key = parts.Length == 3 ? LedgerForgetting.RenamedKey(parts[2], value, pseudonym) : null;
                return (key is null ? name : $"{parts[0]}/{parts[1]}/{key}", string.Join('|', fields));
            case KeptLimits.Kind:
                // The application's provider gives the limit of a pseudonym again, if it has one.
                string[] kept = text.Split(';');
                string[] others = [.. kept.Where(entry => LedgerForgetting.RenamedKey(Uri.UnescapeDataString(entry.Split('=')[0]), value, pseudonym) is null)];
                return (name, others.Length == kept.Length ? text : others.All(entry => entry.Length == 0) ? null : string.Join(';', others));
            case "audit":
                return (name, Replaced(text, value, pseudonym));
            case "alert":
                // An alert that still holds for the pseudonym's key fires again.
                return (name, Replaced(name, value, pseudonym) == name && Replaced(text, value, pseudonym) == text ? text : null);
            default:
                return (name, text);
        }
    }

    /// <summary>Replaces a value where it stands as a word of its own, as it is and as keys have it.</summary>
    private static string Replaced(string text, string value, string pseudonym)
    {
        foreach (string form in new[] { value, AccountName.Escape(value) }.Distinct(StringComparer.Ordinal))
        {
            int at = 0;
            while ((at = text.IndexOf(form, at, StringComparison.Ordinal)) >= 0)
            {
                int end = at + form.Length;
                if ((at > 0 && IsInWord(text[at - 1])) || (end < text.Length && IsInWord(text[end])))
                {
                    at++;
                    continue;
                }

                text = string.Concat(text.AsSpan(0, at), pseudonym, text.AsSpan(end));
                at += pseudonym.Length;
            }
        }

        return text;

        static bool IsInWord(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '-' or '@';
    }
}
