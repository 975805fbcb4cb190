using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A tool's declaration in the forms that providers count, each written once.</summary>
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

    /// <summary>The schema's description of the parameters object; null if there is none.</summary>
    public string? ParametersDescription { get; }

    /// <summary>The TypeScript-like declaration that OpenAI's models see.</summary>
    public TypeScriptRendering TypeScript => _typeScript.Value;

    /// <summary>The parameters' schema as compact JSON.</summary>
    public string SchemaJson => _schemaJson.Value;

    /// <summary>Returns the definition of a declaration. Cached for the lifetime of the declaration.</summary>
    public static ToolDefinition Of(AIFunctionDeclaration function) => Known.GetValue(function, static declaration => new ToolDefinition(declaration));

    /// <summary>Returns the tool as JSON, as chat templates write it.</summary>
    public string Json(ToolJsonStyle style) => _json[(int)style] ??= ToolJson.Of(this, style);

    /// <summary>Returns the function in a format of Gemini.</summary>
    public GeminiTool Gemini(GeminiToolFormat format) => _gemini[(int)format] ??= GeminiTool.Of(format, Name, Description, Schema);
}
