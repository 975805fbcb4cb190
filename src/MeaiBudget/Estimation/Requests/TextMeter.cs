using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Counts texts under one counter and remembers them: first by the string itself, which costs nanoseconds, then by its hash.</summary>
/// <remarks>Thread-safe. A string is remembered for as long as somebody else keeps it, so nothing grows.</remarks>
internal sealed class TextMeter(ITokenCounter counter, TokenCountCache cache)
{
    // Below this length counting costs less than hashing and looking up.
    private const int ShortestHashed = 128;

    private readonly ConditionalWeakTable<string, StrongBox<TokenCount>> _known = [];
    private readonly int _user = counter.Count(ChatRole.User.Value);
    private readonly int _assistant = counter.Count(ChatRole.Assistant.Value);

    public ITokenCounter Counter => counter;

    public TokenCount Measure(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return default;
        }

        if (_known.TryGetValue(text, out StrongBox<TokenCount>? found))
        {
            return found.Value;
        }

        TokenCount count = text.Length < ShortestHashed ? counter.Measure(text) : cache.Measure(counter, text);
        _known.AddOrUpdate(text, new StrongBox<TokenCount>(count));
        return count;
    }

    public int Count(string? text) => Measure(text).Tokens;

    /// <summary>Counts a role's name. There are as many as messages, and nearly all are one of four strings.</summary>
    public int CountRole(ChatRole role)
    {
        string name = role.Value;
        return ReferenceEquals(name, ChatRole.User.Value) ? _user
            : ReferenceEquals(name, ChatRole.Assistant.Value) ? _assistant
            : Count(name);
    }
}
