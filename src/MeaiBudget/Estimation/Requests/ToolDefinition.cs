using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A tool's declaration, written out once in the two shapes that providers count.</summary>
internal sealed class ToolDefinition
{
    private static readonly ConditionalWeakTable<AIFunctionDeclaration, ToolDefinition> Known = [];

    private readonly Lazy<TypeScriptRendering> _typeScript;
    private readonly Lazy<string> _schemaJson;
    private readonly string?[] _json = new string?[(int)ToolJsonStyle.Indented + 1];
    private readonly GeminiTool?[] _gemini = new GeminiTool?[(int)GeminiToolFormat.Declaration + 1];

    private ToolDefinition(AIFunctionDeclaration function)
    {
        Name = function.Name;
        Description = function.Description;
        Schema = function.JsonSchema;
        SchemaDepth.Check(Schema, $"The schema of the tool '{Name}'");
        ParametersDescription = Schema.Text("description");
        _typeScript = new(() => TypeScriptRendering.OfFunction(Name, Description, Schema));
        _schemaJson = new(() => RequestJson.Of(Schema));
    }

    public string Name { get; }

    public string Description { get; }

    public JsonElement Schema { get; }

    /// <summary>Gets what the schema says about the parameters as a whole; <see langword="null"/> if nothing.</summary>
    public string? ParametersDescription { get; }

    /// <summary>Gets the TypeScript-like declaration that OpenAI's models see.</summary>
    public TypeScriptRendering TypeScript => _typeScript.Value;

    /// <summary>Gets the parameters' schema as compact JSON.</summary>
    public string SchemaJson => _schemaJson.Value;

    /// <summary>Gives the definition of a declaration; remembered for as long as the declaration lives.</summary>
    public static ToolDefinition Of(AIFunctionDeclaration function) => Known.GetValue(function, static declaration => new ToolDefinition(declaration));

    /// <summary>Gets the tool as JSON, as chat templates write it out.</summary>
    public string Json(ToolJsonStyle style) => _json[(int)style] ??= ToolJson.Of(this, style);

    /// <summary>Gets the function as Gemini sees it.</summary>
    public GeminiTool Gemini(GeminiToolFormat format) => _gemini[(int)format] ??= GeminiTool.Of(format, Name, Description, Schema);
}
