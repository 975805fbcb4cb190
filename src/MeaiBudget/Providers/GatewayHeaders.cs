using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>Response headers whose names a gateway's administrator chose, read as those that say the same elsewhere. Immutable.</summary>
internal sealed class GatewayHeaders
{
    private static readonly FrozenDictionary<string, string> Known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["cost"] = "x-litellm-response-cost",
        ["retry-after"] = "Retry-After",
        ["remaining-tokens"] = "x-ratelimit-remaining-tokens",
        ["remaining-quota"] = HttpChatFailures.RemainingQuotaHeader,
        ["request-id"] = "x-request-id",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private readonly (string From, string To)[] _names;

    private GatewayHeaders((string From, string To)[] names) => _names = names;

    /// <summary>Gets the meanings that a header can have.</summary>
    public static string Meanings { get; } = string.Join(", ", Known.Keys.Order(StringComparer.Ordinal));

    /// <summary>Makes the names; null if there are none.</summary>
    /// <param name="headers">The header's names by meaning.</param>
    /// <exception cref="ArgumentException">A meaning is not known, or a name is no header's.</exception>
    public static GatewayHeaders? Of(IEnumerable<KeyValuePair<string, string>>? headers)
    {
        (string From, string To)[] names = [.. (headers ?? []).Select(header => ProblemOf(header.Key, header.Value) is { } problem
            ? throw new ArgumentException(problem, nameof(headers))
            : (header.Value, Known[header.Key]))];
        return names.Length == 0 ? null : new GatewayHeaders(names);
    }

    /// <summary>Says what is wrong with an entry; null if nothing is.</summary>
    public static string? ProblemOf(string meaning, string? name) =>
        !Known.ContainsKey(meaning) ? $"Unknown meaning '{meaning}' of a response header. Use one of: {Meanings}."
        : string.IsNullOrEmpty(name) || name.Any(c => c is <= ' ' or >= (char)127 or ':') ? $"the name of the response header for '{meaning}' is empty or has characters that a header's name cannot have."
        : null;

    /// <summary>Adds the known headers to an answer that has only the gateway's.</summary>
    public void AddTo(HttpResponseMessage response)
    {
        foreach ((string from, string to) in _names)
        {
            if (response.Headers.NonValidated.TryGetValues(from, out System.Net.Http.Headers.HeaderStringValues values) && !response.Headers.NonValidated.Contains(to))
            {
                string value = values.ToString().Trim();
                response.Headers.TryAddWithoutValidation(to, to == Known["cost"] ? AmountOf(value) : value);
            }
        }
    }

    /// <summary>Removes the currency from an amount in US dollars.</summary>
    private static string AmountOf(string value) => value.TrimStart('$').Replace("USD", "", StringComparison.OrdinalIgnoreCase).Trim();
}
