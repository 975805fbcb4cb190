using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The tags of a call: the entries of <see cref="ChatOptions.AdditionalProperties"/> that are a single value, and above them the tags of
/// the flow. Names are compared without case, as in the properties themselves.
/// </summary>
internal sealed class CallTags : Dictionary<string, string>
{
    private static readonly AsyncLocal<FlowTags?> Flow = new();
    private Dictionary<string, string>? _unreadable;

    private CallTags()
        : base(StringComparer.OrdinalIgnoreCase)
    {
    }

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

                tags ??= [];
                if (TagValue.Read(value) is { } text)
                {
                    tags[name] = text;
                }
                else
                {
                    (tags._unreadable ??= new(StringComparer.OrdinalIgnoreCase))[name] = value.GetType().Name;
                }
            }
        }

        return flow is null ? tags : (tags ?? []).Under(flow);
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
                this[name] = value;
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
