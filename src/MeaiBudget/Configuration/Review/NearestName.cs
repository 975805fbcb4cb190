namespace MeaiBudget;

/// <summary>Finds the known name that a misspelled name probably means.</summary>
internal static class NearestName
{
    /// <summary>The end of a message: the nearest name, else the known names; empty if there are none or too many.</summary>
    public static string Suggest(string name, IEnumerable<string> candidates)
    {
        string[] known = [.. candidates.Order(StringComparer.OrdinalIgnoreCase)];
        if (Of(name, known) is { } nearest)
        {
            return $" Did you mean '{nearest}'?";
        }

        return known.Length is 0 or > 30 ? "" : $" Known names: {string.Join(", ", known.Select(one => $"'{one}'"))}.";
    }

    /// <summary>The candidate that differs in the fewest letters, if they are few enough for a typing error.</summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        string? nearest = null;
        int fewest = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < fewest && distance < candidate.Length)
            {
                (nearest, fewest) = (candidate, distance);
            }
        }

        return nearest;
    }

    /// <summary>The Levenshtein distance, computed with one row of the table.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j - 1], row[j]) + 1);
            }
        }

        return row[^1];
    }
}
