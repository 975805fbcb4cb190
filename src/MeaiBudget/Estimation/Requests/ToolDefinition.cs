using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A tool's declaration in the forms that providers count, each written once.</summary>
internal sealed class ToolDefinition
{
    private static readonly ConditionalWeakTable<AIFunctionDeclaration, ToolDefinition> Known = [];

    private readonly TypeScriptRendering?[] _typeScript = new TypeScriptRendering?[2];
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
        _schemaJson = new(() => RequestJson.Of(Schema));
        ReturnSchema = function.ReturnJsonSchema;
        ReturnSchemaJson = ReturnSchema is { } returned ? RequestJson.Of(returned) : null;
    }

    public string Name { get; }

    public string Description { get; }

    public JsonElement Schema { get; }

    /// <summary>The schema's description of the parameters object; null if there is none.</summary>
    public string? ParametersDescription { get; }

    /// <summary>The schema of the result; null if there is none.</summary>
    public JsonElement? ReturnSchema { get; }

    /// <summary>The schema of the result as compact JSON; null if there is none.</summary>
    public string? ReturnSchemaJson { get; }

    /// <summary>The parameters' schema as compact JSON.</summary>
    public string SchemaJson => _schemaJson.Value;

    /// <summary>Returns the definition of a declaration. Cached for the lifetime of the declaration.</summary>
    public static ToolDefinition Of(AIFunctionDeclaration function) => Known.GetValue(function, static declaration => new ToolDefinition(declaration));

    /// <summary>Returns the TypeScript-like declaration that OpenAI's models see.</summary>
    /// <param name="hasNestedComments">True for models later than those of cl100k_base.</param>
    public TypeScriptRendering TypeScript(bool hasNestedComments) =>
        _typeScript[hasNestedComments ? 1 : 0] ??= TypeScriptRendering.OfFunction(Name, Description, Schema, hasNestedComments);

    /// <summary>Returns the tool as JSON, as chat templates write it.</summary>
    public string Json(ToolJsonStyle style) => _json[(int)style] ??= ToolJson.Of(this, style);

    /// <summary>Returns the function in a format of Gemini.</summary>
    public GeminiTool Gemini(GeminiToolFormat format) => _gemini[(int)format] ??= GeminiTool.Of(format, Name, Description, Schema);
}
