using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The tags of a call: the entries of <see cref="ChatOptions.AdditionalProperties"/> that are a single value, and above them the tags of
/// the flow. Names are compared without case, as in the properties themselves.
/// </summary>
/// <remarks>A call has few tags, which are searched one after the other. It does not change after it was read.</remarks>
internal sealed class CallTags : IReadOnlyDictionary<string, string>
{
    private static readonly AsyncLocal<FlowTags?> Flow = new();
    private KeyValuePair<string, string>[] _entries;
    private Dictionary<string, string>? _unreadable;

    private CallTags(int capacity) => _entries = capacity == 0 ? [] : new KeyValuePair<string, string>[capacity];

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public IEnumerable<string> Keys => this.Select(static entry => entry.Key);

    /// <inheritdoc/>
    public IEnumerable<string> Values => this.Select(static entry => entry.Value);

    /// <inheritdoc/>
    public string this[string key] => TryGetValue(key, out string? value) ? value : throw new KeyNotFoundException($"The call has no tag '{key}'.");

    /// <summary>Gets the tags for records and reports only, which no budget partitions by; <see langword="null"/> for none.</summary>
    public IReadOnlyDictionary<string, string>? Attribution { get; private set; }

    /// <summary>Reads the tags of a call; <see langword="null"/> if it has none.</summary>
    public static CallTags? Of(ChatOptions? options)
    {
        FlowTags? flow = Flow.Value;
        AdditionalPropertiesDictionary? properties = options?.AdditionalProperties;
        if (properties is not { Count: > 0 } && flow is null)
        {
            return null;
        }

        CallTags? tags = null;
        if (properties is not null)
        {
            foreach ((string name, object? value) in properties)
            {
                if (value is null)
                {
                    continue;
                }

                tags ??= new CallTags(properties.Count);
                if (TagValue.Read(value) is { } text)
                {
                    // The properties have each name once.
                    tags.Add(name, text);
                }
                else
                {
                    (tags._unreadable ??= new(StringComparer.OrdinalIgnoreCase))[name] = value.GetType().Name;
                }
            }
        }

        return flow is null ? tags : (tags ?? new CallTags(flow.Tags.Count)).Under(flow);
    }

    /// <summary>Sets tags for all calls of the flow, above those of outer scopes and of the calls' options.</summary>
    /// <param name="tags">The tags. A value of <see langword="null"/> means that the calls have no such tag, whatever their options say.</param>
    /// <param name="attribution">The tags for records and reports only; <see langword="null"/> for none.</param>
    /// <returns>The scope; dispose it to end it.</returns>
    public static IDisposable Begin(IEnumerable<KeyValuePair<string, string?>> tags, IEnumerable<KeyValuePair<string, string>>? attribution)
    {
        FlowTags? outer = Flow.Value;
        var flow = new FlowTags(outer);
        foreach ((string name, string? value) in tags)
        {
            flow.Tags[name] = value;
        }

        foreach ((string name, string value) in attribution ?? [])
        {
            flow.Attribution[name] = value;
        }

        Flow.Value = flow;
        return flow;
    }

    /// <summary>Gets a tag. <paramref name="tags"/> may compare names with case.</summary>
    public static bool TryGet(IReadOnlyDictionary<string, string>? tags, string name, [NotNullWhen(true)] out string? value)
    {
        value = null;
        if (tags is null || tags.TryGetValue(name, out value))
        {
            return value is not null;
        }

        if (tags is not CallTags)
        {
            foreach ((string other, string text) in tags)
            {
                if (other.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    value = text;
                }
            }
        }

        return value is not null;
    }

    /// <summary>Gets the type of a tag's value that could not be read; <see langword="null"/> if there is none.</summary>
    public static string? UnreadableType(IReadOnlyDictionary<string, string>? tags, string name) =>
        (tags as CallTags)?._unreadable?.GetValueOrDefault(name);

    /// <summary>Says why a call has no such tag, as the rest of a sentence about the call.</summary>
    public static string WhyMissing(IReadOnlyDictionary<string, string>? tags, string name) =>
        UnreadableType(tags, name) is { } type
            ? $"has a tag '{name}' that cannot be read: its value is a {type}, and a tag is one text, number or Boolean"
            : $"has no tag '{name}'";

    /// <inheritdoc/>
    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        int index = IndexOf(key);
        value = index < 0 ? null : _entries[index].Value;
        return index >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return _entries[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private void Add(string name, string value)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(4, 2 * Count));
        }

        _entries[Count++] = new(name, value);
    }

    private void Set(string name, string value)
    {
        int index = IndexOf(name);
        if (index < 0)
        {
            Add(name, value);
        }
        else
        {
            // Names keep the case in which they were set first.
            _entries[index] = new(_entries[index].Key, value);
        }
    }

    private void Remove(string name)
    {
        int index = IndexOf(name);
        if (index >= 0)
        {
            Array.Copy(_entries, index + 1, _entries, index, --Count - index);
            _entries[Count] = default;
        }
    }

    private CallTags Under(FlowTags flow)
    {
        foreach ((string name, string? value) in flow.Tags)
        {
            _unreadable?.Remove(name);
            if (value is null)
            {
                Remove(name);
            }
            else
            {
                Set(name, value);
            }
        }

        Attribution = flow.Attribution;
        return this;
    }

    /// <summary>The tags of a scope, together with those of its outer scopes.</summary>
    private sealed class FlowTags(FlowTags? outer) : IDisposable
    {
        public Dictionary<string, string?> Tags { get; } = new(outer?.Tags ?? [], StringComparer.OrdinalIgnoreCase);

        public Dictionary<string, string> Attribution { get; } = new(outer?.Attribution ?? [], StringComparer.OrdinalIgnoreCase);

        public void Dispose()
        {
            // An inner scope that is still open keeps the tags until it ends.
            if (ReferenceEquals(Flow.Value, this))
            {
                Flow.Value = outer;
            }
        }
    }
}
