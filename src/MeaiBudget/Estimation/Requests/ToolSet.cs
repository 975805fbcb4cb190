using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The functions of one request, cached so that an unchanged set of tools is written and counted once.</summary>
internal sealed class ToolSet
{
    private const int Slots = 64;

    private static readonly ToolSet?[] Remembered = new ToolSet?[Slots];

    private readonly ToolDefinition[] _definitions;
    private readonly string?[] _typeScript = new string?[2];
    private long _fingerprint;

    private ToolSet(ToolDefinition[] definitions) => _definitions = definitions;

    public static ToolSet Empty { get; } = new([]);

    public IReadOnlyList<ToolDefinition> Definitions => _definitions;

    public int Count => _definitions.Length;

    /// <summary>All functions as OpenAI's models see them.</summary>
    public string TypeScript(bool hasNestedComments) => _typeScript[hasNestedComments ? 1 : 0] ??= WriteTypeScript(hasNestedComments);

    /// <summary>A hash of this set that is the same in every process; zero for the empty set.</summary>
    public long Fingerprint => _fingerprint != 0 || Count == 0 ? _fingerprint : _fingerprint = ComputeFingerprint();

    /// <summary>Returns the functions of a request. Tools of other kinds are not included.</summary>
    public static ToolSet Of(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools)
        {
            return Empty;
        }

        var hash = default(HashCode);
        int count = 0;
        for (int index = 0; index < tools.Count; index++)
        {
            if (tools[index] is AIFunctionDeclaration function)
            {
                hash.Add(RuntimeHelpers.GetHashCode(ToolDefinition.Of(function)));
                count++;
            }
        }

        if (count == 0)
        {
            return Empty;
        }

        ref ToolSet? slot = ref Remembered[(uint)hash.ToHashCode() % Slots];
        ToolSet? known = Volatile.Read(ref slot);
        if (known is not null && known.Matches(tools))
        {
            return known;
        }

        var made = new ToolSet([.. tools.OfType<AIFunctionDeclaration>().Select(ToolDefinition.Of)]);
        Volatile.Write(ref slot, made);
        return made;
    }

    private bool Matches(IList<AITool> tools)
    {
        int position = 0;
        for (int index = 0; index < tools.Count; index++)
        {
            if (tools[index] is AIFunctionDeclaration function
                && (position >= _definitions.Length || !ReferenceEquals(_definitions[position++], ToolDefinition.Of(function))))
            {
                return false;
            }
        }

        return position == _definitions.Length;
    }

    private long ComputeFingerprint()
    {
        var hash = new XxHash3();
        foreach (ToolDefinition definition in _definitions)
        {
            hash.Append(MemoryMarshal.AsBytes(definition.Name.AsSpan()));
            hash.Append(MemoryMarshal.AsBytes(definition.Description.AsSpan()));
            hash.Append(MemoryMarshal.AsBytes(definition.SchemaJson.AsSpan()));
        }

        long value = unchecked((long)hash.GetCurrentHashAsUInt64());
        return value == 0 ? 1 : value;
    }

    private string WriteTypeScript(bool hasNestedComments)
    {
        var text = new StringBuilder(TypeScriptRendering.Opening);
        foreach (ToolDefinition definition in _definitions)
        {
            text.Append(definition.TypeScript(hasNestedComments).Text);
        }

        return text.Append(TypeScriptRendering.Closing).ToString();
    }
}
