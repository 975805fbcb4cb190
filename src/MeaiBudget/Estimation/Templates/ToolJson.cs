namespace MeaiBudget;

/// <summary>A tool as the JSON object that OpenAI's chat completions take, which chat templates write out for the model.</summary>
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
