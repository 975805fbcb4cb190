namespace MeaiBudget;

/// <summary>Writes a tool as the JSON object of OpenAI's chat completions, which chat templates pass to the model.</summary>
internal static class ToolJson
{
    public static string Of(ToolDefinition tool, ToolJsonStyle style)
    {
        string json = "{\"type\":\"function\",\"function\":{\"name\":" + RequestJson.Quoted(tool.Name) + ",\"description\":" + RequestJson.Quoted(tool.Description)
            + ",\"parameters\":" + (tool.SchemaJson.Length == 0 ? "{}" : tool.SchemaJson) + "}}";
        return style switch
        {
            ToolJsonStyle.Compact => json,
            ToolJsonStyle.Spaced => RequestJson.Respace(json, isIndented: false),
            _ => RequestJson.Respace(json, isIndented: true),
        };
    }
}
